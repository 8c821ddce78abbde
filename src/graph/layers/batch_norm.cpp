#include "graph/layers/batch_norm.hpp"

#include "graph/graph_builder.hpp"
#include "graph/layer_keys.hpp"
#include "graph/ops/batch_norm.hpp"

namespace ftl::graph {

void BatchNormDescription::visit(LayerKeys& keys) {
  keys.boolean("scale", scale);
  keys.boolean("bias", bias);
  keys.number("eps", eps, above(0));
  keys.number("momentum", momentum, {.low = 0, .high = 1, .above_low = true});
}

int BatchNormDescription::add_to(GraphBuilder& builder, const std::string& name, int input) const {
  input = builder.blocked(input);
  const Shape shape = builder.shape(input);
  const auto parameter = [&](bool learned, const char* suffix, ParameterRole role) {
    if (!learned) return kNone;
    return builder.add_parameter({.name = name + suffix, .shape = {shape.channels}, .role = role});
  };
  Graph& graph = builder.graph();
  BatchNormOp norm;
  norm.eps = eps;
  norm.momentum = momentum;
  norm.scale = parameter(scale, ".weight", ParameterRole::scales);
  norm.bias = parameter(bias, ".bias", ParameterRole::biases);
  norm.statistics = static_cast<int>(graph.norms.size());
  graph.norms.push_back(shape);
  graph.norm_names.push_back(name);
  return builder.push(name, {input}, norm);
}

}  // namespace ftl::graph
