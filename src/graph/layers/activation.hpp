#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/keys.hpp"
#include "graph/layer.hpp"
#include "kernels/activation/activation.hpp"

namespace ftl::graph {

// As recipes name them.
inline constexpr std::array<Choice<kernels::ActivationKind>, 5> kActivations{
    {{"relu", kernels::ActivationKind::relu},
     {"gelu", kernels::ActivationKind::gelu},
     {"silu", kernels::ActivationKind::silu},
     {"celu", kernels::ActivationKind::celu},
     {"sigmoid", kernels::ActivationKind::sigmoid}}};

struct ActivationDescription {
  kernels::ActivationKind kind = kernels::ActivationKind::relu;

  static constexpr bool kLearns = false;
  static constexpr std::string_view kStem = "act";
  std::string_view op() const { return "act"; }
  void visit(LayerKeys& keys);
  int add_to(GraphBuilder& builder, const std::string& name, int input) const;

  friend bool operator==(const ActivationDescription&, const ActivationDescription&) = default;
};

}  // namespace ftl::graph
