// What every kind of node says of itself. A kind is one class in graph/ops/, listed in graph/ops/list.hpp;
// how an engine runs it is the engine's part of it (engine/cpu/ops/, engine/reference/ops/).
#pragma once

#include <span>
#include <vector>

#include "tensor/layout.hpp"

namespace ftl::graph {

inline constexpr int kNone = -1;

class Op {
 public:
  Op() = default;
  Op(const Op&) = default;
  Op& operator=(const Op&) = default;
  virtual ~Op() = default;

  // The output's shape. Only the inputs' channel counts may differ from those that the op was made for.
  virtual Shape shape(std::span<const Shape> inputs) const = 0;

  // Indices of the parameters that it multiplies by or adds, kNone where it has one less.
  virtual std::vector<int> parameters() const { return {}; }

  // Whether the output is worth computing again rather than keeping: one pass over its input that takes no
  // longer than reading the kept output back.
  virtual bool is_cheap() const { return false; }

  // Whether training waits for the whole batch twice: before the forward pass, for statistics of the input,
  // and before the backward pass, for sums over the gradient.
  virtual bool waits_for_batch() const { return false; }

  // Whether the backward pass reads the value of this input, if the parameters with trained[parameter] learn.
  virtual bool backward_reads(std::size_t /*input*/, const std::vector<bool>& /*trained*/) const {
    return false;
  }
};

}  // namespace ftl::graph
