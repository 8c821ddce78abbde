// The product of a value and a gate of shape (C, 1, 1), for each image and channel: inputs 0 and 1.
#pragma once

#include "graph/op.hpp"

namespace ftl::graph {

class MultiplyOp final : public Op {
 public:
  Shape shape(std::span<const Shape> inputs) const override { return inputs[0]; }
  bool is_cheap() const override { return true; }
  bool backward_reads(std::size_t, const std::vector<bool>&) const override { return true; }
};

}  // namespace ftl::graph
