// A convolution or linear layer, with the max-pool that follows it where fusion joined the two.
#pragma once

#include "graph/op.hpp"
#include "kernels/convolution/convolution.hpp"

namespace ftl::graph {

class ConvolutionOp final : public Op {
 public:
  ConvolutionOp(const kernels::ConvolutionGeometry& convolution, int weight_parameter, int bias_parameter)
      : geometry(convolution), weight(weight_parameter), bias(bias_parameter) {}

  Shape shape(std::span<const Shape>) const override { return geometry.written(); }
  std::vector<int> parameters() const override { return {weight, bias}; }
  bool backward_reads(std::size_t, const std::vector<bool>& trained) const override {
    return trained[static_cast<std::size_t>(weight)];
  }

  kernels::ConvolutionGeometry geometry;
  int weight = kNone;  // parameter indices
  int bias = kNone;
};

}  // namespace ftl::graph
