#include "graph/graph.hpp"

#include "graph/fusion.hpp"
#include "graph/graph_builder.hpp"
#include "graph/layer_names.hpp"
#include "graph/ops/convolution.hpp"

namespace ftl::graph {

Graph build_graph(const NetworkDescription& description, const GraphInput& input) {
  NetworkDescription named = description;
  name_layers(named);
  Graph graph = fuse(GraphBuilder(named, input).build());
  for (const Node& node : graph.nodes) {
    if (const auto* convolution = node.as<ConvolutionOp>()) kernels::check(convolution->geometry);
  }
  return graph;
}

}  // namespace ftl::graph
