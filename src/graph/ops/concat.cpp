#include "graph/ops/concat.hpp"

#include <fmt/format.h>

#include "graph/graph_builder.hpp"
#include "graph/layer_keys.hpp"

namespace ftl::graph {

void ConcatDescription::visit(LayerKeys& keys) {
  keys.earlier_layers("from", from);
}

int ConcatDescription::add_to(GraphBuilder& builder, const std::string& name, int input) const {
  std::vector<int> inputs{builder.blocked(input)};
  for (const std::string& other_name : from) {
    inputs.push_back(builder.blocked(builder.named(other_name, "concat")));
    const Shape& own = builder.shape(inputs[0]);
    const Shape& other = builder.shape(inputs.back());
    if (other.height == own.height && other.width == own.width) continue;
    builder.refuse("concat", fmt::format("it puts {} (from \"{}\") beside {}; both must "
                                         "have one height and width",
                                         to_string(other), other_name, to_string(own)));
  }
  return builder.push(name, std::move(inputs), ConcatOp());
}

}  // namespace ftl::graph
