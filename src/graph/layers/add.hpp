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
  static constexpr std::string_view kStem = "add";
  std::string_view op() const { return "add"; }
  void visit(LayerKeys& keys);
  int add_to(GraphBuilder& builder, const std::string& name, int input) const;
  void name_in(LayerNamer& namer, std::string& name);

  friend bool operator==(const AddDescription&, const AddDescription&) = default;
};

}  // namespace ftl::graph
