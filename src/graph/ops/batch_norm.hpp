// A batch norm, with the activation that follows it where fusion joined the two.
#pragma once

#include "graph/op.hpp"
#include "graph/ops/activation.hpp"

namespace ftl::graph {

class BatchNormOp final : public Op {
 public:
  Shape shape(std::span<const Shape> inputs) const override { return inputs[0]; }
  std::vector<int> parameters() const override { return {scale, bias}; }
  bool is_cheap() const override { return graph::is_cheap(activation); }
  bool waits_for_batch() const override { return true; }
  bool backward_reads(std::size_t, const std::vector<bool>&) const override { return true; }

  kernels::ActivationKind activation = kernels::ActivationKind::identity;
  double eps = 1e-5;
  double momentum = 0.1;
  int scale = kNone;  // parameter indices; kNone: frozen at 1 (scale) or 0 (bias)
  int bias = kNone;
  int statistics = 0;  // index among the graph's batch norms
};

}  // namespace ftl::graph
