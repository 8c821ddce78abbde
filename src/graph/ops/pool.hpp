// A max-pool or average pool.
#pragma once

#include "graph/op.hpp"
#include "kernels/pool/pool.hpp"

namespace ftl::graph {

class PoolOp final : public Op {
 public:
  explicit PoolOp(const kernels::PoolGeometry& pool) : geometry(pool) {}

  Shape shape(std::span<const Shape> inputs) const override {
    return {inputs[0].channels, geometry.out.height, geometry.out.width};
  }
  bool backward_reads(std::size_t, const std::vector<bool>&) const override { return true; }

  kernels::PoolGeometry geometry;
};

}  // namespace ftl::graph
