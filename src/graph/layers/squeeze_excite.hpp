#pragma once

#include <string>
#include <string_view>

#include "graph/layer.hpp"
#include "kernels/activation/activation.hpp"

namespace ftl::graph {

// Multiplies by sigmoid(W2 f(W1 mean(from) + b1) + b2), W1: C -> C / ratio (Hu et al. 2018).
struct SqueezeExciteDescription {
  std::string from;  // a named output; empty: this layer's own input
  int ratio = 16;
  kernels::ActivationKind activation = kernels::ActivationKind::relu;

  static constexpr bool kLearns = true;
  static constexpr std::string_view kStem = "se";
  std::string_view op() const { return "squeeze_excite"; }
  void visit(LayerKeys& keys);
  int add_to(GraphBuilder& builder, const std::string& name, int input) const;
  void name_in(LayerNamer& namer, std::string& name);

  friend bool operator==(const SqueezeExciteDescription&, const SqueezeExciteDescription&) = default;
};

}  // namespace ftl::graph
