// An elementwise nonlinearity.
#pragma once

#include "graph/op.hpp"
#include "kernels/activation/activation.hpp"

namespace ftl::graph {

// A smooth activation takes longer than reading its result back.
inline bool is_cheap(kernels::ActivationKind kind) {
  return kind == kernels::ActivationKind::identity || kind == kernels::ActivationKind::relu;
}

class ActivationOp final : public Op {
 public:
  explicit ActivationOp(kernels::ActivationKind activation) : kind(activation) {}

  Shape shape(std::span<const Shape> inputs) const override { return inputs[0]; }
  bool is_cheap() const override { return graph::is_cheap(kind); }
  bool backward_reads(std::size_t, const std::vector<bool>&) const override { return true; }

  kernels::ActivationKind kind;
};

}  // namespace ftl::graph
