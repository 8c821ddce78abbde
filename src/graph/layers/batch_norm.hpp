#pragma once

#include <string>
#include <string_view>

#include "graph/layer.hpp"

namespace ftl::graph {

struct BatchNormDescription {
  bool scale = false;  // gamma learned; else frozen at 1
  bool bias = true;    // beta learned; else frozen at 0
  double eps = 1e-5;
  double momentum = 0.1;  // running = (1 - momentum) * running + momentum * batch

  static constexpr bool kLearns = true;
  static constexpr std::string_view kStem = "norm";
  std::string_view op() const { return "batch_norm"; }
  void visit(LayerKeys& keys);
  int add_to(GraphBuilder& builder, const std::string& name, int input) const;

  friend bool operator==(const BatchNormDescription&, const BatchNormDescription&) = default;
};

}  // namespace ftl::graph
