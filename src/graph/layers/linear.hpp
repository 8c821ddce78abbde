#pragma once

#include <string>
#include <string_view>

#include "graph/initialisation.hpp"
#include "graph/layer.hpp"

namespace ftl::graph {

struct LinearDescription {
  int out = 0;  // 0: the number of classes
  bool bias = false;
  // Of the last layer: a bias that training leaves at 0, for train/class_balance.hpp. Not together with bias.
  bool balance = false;
  Initialisation initialisation = Initialisation::kaiming_uniform;

  static constexpr bool kLearns = true;
  static constexpr std::string_view kStem = "linear";
  std::string_view op() const { return "linear"; }
  void visit(LayerKeys& keys);
  int add_to(GraphBuilder& builder, const std::string& name, int input) const;

  friend bool operator==(const LinearDescription&, const LinearDescription&) = default;
};

}  // namespace ftl::graph
