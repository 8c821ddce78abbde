// Pictures into the blocked layout, as the patches under a first convolution's window.
#pragma once

#include "graph/op.hpp"
#include "kernels/patches/patches.hpp"

namespace ftl::graph {

class PatchesOp final : public Op {
 public:
  explicit PatchesOp(const kernels::PatchesGeometry& patches) : geometry(patches) {}

  Shape shape(std::span<const Shape>) const override { return geometry.out(); }
  bool is_cheap() const override { return true; }

  kernels::PatchesGeometry geometry;
};

}  // namespace ftl::graph
