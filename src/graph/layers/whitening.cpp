#include "graph/layers/whitening.hpp"

#include "graph/graph_builder.hpp"
#include "graph/layer_keys.hpp"
#include "graph/layer_names.hpp"
#include "graph/ops/convolution.hpp"
#include "graph/ops/pictures.hpp"

namespace ftl::graph {

void WhiteningDescription::visit(LayerKeys& keys) {
  keys.first_only(op());
  keys.integer("kernel", kernel, count_from(1));
  keys.boolean("negatives", negatives);
  keys.number("eps", eps, above(0));
  keys.integer("images", images, count_from(0));
  keys.boolean("bias", bias);
}

int WhiteningDescription::add_to(GraphBuilder& builder, const std::string& name, int input) const {
  if (input != 0) builder.refuse("whiten", "it works on pictures and must be the first layer");
  const int filters = kPictureChannels * kernel * kernel;
  const int node = builder.add_convolution(
      {.name = name, .kind = "whiten", .bias_role = ParameterRole::whiten_bias, .bias = bias, .frozen = true},
      input,
      {.out = {negatives ? 2 * filters : filters, 0, 0}, .kernel_height = kernel, .kernel_width = kernel});
  Graph& graph = builder.graph();
  graph.has_whitening = true;
  graph.whitening_description = *this;
  graph.whitening_parameter = graph.nodes[at(node)].as<ConvolutionOp>()->weight;
  return node;
}

void WhiteningDescription::name_in(LayerNamer& namer, std::string& name) {
  namer.give_plain(std::string(kStem), name);
}

}  // namespace ftl::graph
