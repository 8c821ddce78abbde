#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "graph/description.hpp"

namespace ftl::graph {

// Adds a named earlier output, taken through `shortcut` first when that is not empty.
struct AddDescription {
  std::string from;
  std::vector<LayerDescription> shortcut;

  static constexpr bool kLearns = false;
  std::string_view op() const { return "add"; }
  void visit(LayerKeys& keys);
  int add_to(GraphBuilder& builder, const std::string& name, int input) const;
};

}  // namespace ftl::graph
