#include "graph/layers/linear.hpp"

#include "graph/graph_builder.hpp"
#include "graph/layer_keys.hpp"
#include "graph/ops/convolution.hpp"

namespace ftl::graph {

void LinearDescription::visit(LayerKeys& keys) {
  static constexpr std::array<Choice<Initialisation>, 2> kInitialisations{
      {{"kaiming_uniform", Initialisation::kaiming_uniform}, {"unit_std", Initialisation::unit_std}}};
  keys.integer_or("out", out, kOutputs, {"classes", 0});
  keys.boolean("bias", bias);
  keys.boolean("balance", balance);
  keys.choice("init", initialisation, kInitialisations);
}

int LinearDescription::add_to(GraphBuilder& builder, const std::string& name, int input) const {
  if (bias && balance) builder.refuse("linear", "it has both a bias and balance, which is one");
  Graph& graph = builder.graph();
  const int node = builder.add_linear({.name = name,
                                       .kind = "linear",
                                       .initialisation = initialisation,
                                       .bias = bias || balance,
                                       .frozen_bias = balance},
                                      input, out == 0 ? graph.classes : out);
  if (balance && graph.balance_parameter == kNone)
    graph.balance_parameter = graph.nodes[at(node)].as<ConvolutionOp>()->bias;
  return node;
}

}  // namespace ftl::graph
