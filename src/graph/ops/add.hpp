// The sum of two values of one shape.
#pragma once

#include "graph/op.hpp"

namespace ftl::graph {

class AddOp final : public Op {
 public:
  Shape shape(std::span<const Shape> inputs) const override { return inputs[0]; }
};

}  // namespace ftl::graph
