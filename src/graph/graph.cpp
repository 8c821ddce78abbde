#include "graph/graph.hpp"

#include "graph/fusion.hpp"
#include "graph/graph_builder.hpp"
#include "graph/ops/convolution.hpp"

namespace ftl::graph {

Graph build_graph(const NetworkDescription& description, const GraphInput& input) {
  Graph graph = fuse(GraphBuilder(description, input).build());
  for (const Node& node : graph.nodes) {
    if (const auto* convolution = node.as<ConvolutionOp>()) kernels::check(convolution->geometry);
  }
  return graph;
}

}  // namespace ftl::graph
