#include "graph/layers/add.hpp"

#include <fmt/format.h>

#include "graph/graph_builder.hpp"
#include "graph/layer_keys.hpp"
#include "graph/layer_names.hpp"
#include "graph/ops/add.hpp"

namespace ftl::graph {

void AddDescription::visit(LayerKeys& keys) {
  keys.earlier_layer("from", from, false);
  keys.layers("shortcut", shortcut);
}

int AddDescription::add_to(GraphBuilder& builder, const std::string& name, int input) const {
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
  return builder.push(name, {input, other}, AddOp());
}

void AddDescription::name_in(LayerNamer& namer, std::string& name) {
  namer.give(std::string(kStem), name);
  namer.add(shortcut);
}

}  // namespace ftl::graph
