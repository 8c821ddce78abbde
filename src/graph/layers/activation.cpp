#include "graph/layers/activation.hpp"

#include "graph/graph_builder.hpp"
#include "graph/layer_keys.hpp"
#include "graph/ops/activation.hpp"

namespace ftl::graph {

void ActivationDescription::visit(LayerKeys& keys) {
  keys.choice("kind", kind, kActivations);
}

int ActivationDescription::add_to(GraphBuilder& builder, const std::string& name, int input) const {
  input = builder.blocked(input);
  return builder.push(name, {input}, ActivationOp(kind));
}

}  // namespace ftl::graph
