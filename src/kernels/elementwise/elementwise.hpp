// Sums (residual connections) and products with a per-image, per-channel gate (squeeze-and-excite; Hu et al.
// 2018).
#pragma once

#include <cstdint>
#include <span>

#include "tensor/layout.hpp"

namespace ftl::kernels {

struct ElementwiseKernels {
  // y[i] = a[i] + b[i] for i < elements, a multiple of 32; y may be a or b.
  void (*add)(std::int64_t elements, const bf16* a, const bf16* b, bf16* y);
  // y = x * gate for one image block; gate is an image block of shape (C, 1, 1). y may be x.
  void (*multiply)(const Shape& shape, const bf16* x, const bf16* gate, bf16* y);
  // dx = dy * gate, dgate = sum over positions of dy * x (summed in fp32). dx may be dy.
  void (*multiply_backward)(const Shape& shape, const bf16* x, const bf16* gate, const bf16* dy, bf16* dx,
                            bf16* dgate);
};

// The scalar reference over plain [images][C][positions] and gate [images][C].
template <class Real>
void multiply_reference(int images, int channels, int positions, std::span<const Real> x,
                        std::span<const Real> gate, std::span<Real> y);
template <class Real>
void multiply_backward_reference(int images, int channels, int positions, std::span<const Real> x,
                                 std::span<const Real> gate, std::span<const Real> dy, std::span<Real> dx,
                                 std::span<Real> dgate);

}  // namespace ftl::kernels
