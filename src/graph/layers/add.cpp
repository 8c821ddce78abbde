#include "graph/layers/add.hpp"

#include <fmt/format.h>

#include "graph/graph_builder.hpp"
#include "graph/layer_keys.hpp"
#include "graph/ops/add.hpp"

namespace ftl::graph {

void AddDescription::visit(LayerKeys& keys) {
  keys.earlier_layer("from", from, false);
  keys.layers("shortcut", shortcut);
}

int AddDescription::add_to(GraphBuilder& builder, const std::string& name, int input) const {
  const std::string own_name = builder.name_for(name, "add");
  int other = builder.named(from, "add");
  if (!shortcut.empty()) other = builder.add_layers(shortcut, other, "shortcut");
  input = builder.blocked(input);
  other = builder.blocked(other);
  const Shape& shape = builder.shape(input);
  if (shape != builder.shape(other)) {
    builder.refuse("add", fmt::format("it adds {} (from \"{}\"{}) to {}; both must have one shape",
                                      to_string(builder.shape(other)), from,
                                      shortcut.empty() ? "" : ", through the shortcut", to_string(shape)));
  }
  return builder.push(own_name, {input, other}, AddOp());
}

}  // namespace ftl::graph
