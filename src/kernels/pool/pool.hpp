// Max and average pooling. Global pooling is a window as large as the picture.
#pragma once

#include <span>

#include "tensor/layout.hpp"

namespace ftl::kernels {

enum class PoolKind { max, average };

struct PoolGeometry {
  PoolKind kind = PoolKind::max;
  Shape in{};
  Shape out{};
  int kernel_height = 2;
  int kernel_width = 2;
  int stride = 2;
  int pad =
      0;  // padding never wins a maximum and does not count in an average; every window covers some of `in`
};

struct PoolKernels {
  // One image block, all 32 images.
  void (*forward)(const PoolGeometry& geometry, const bf16* x, bf16* y);
  // Overwrites dx. Of equal maxima the first in row-major order takes the gradient. Where windows overlap,
  // gradients of maxima are rounded to bf16 after each window, those of averages once.
  void (*backward)(const PoolGeometry& geometry, const bf16* x, const bf16* dy, bf16* dx);
};

// The scalar reference over plain [images][C][H][W].
template <class Real>
void pool_reference(const PoolGeometry& geometry, int images, std::span<const Real> x, std::span<Real> y);
template <class Real>
void pool_backward_reference(const PoolGeometry& geometry, int images, std::span<const Real> x,
                             std::span<const Real> dy, std::span<Real> dx);

}  // namespace ftl::kernels
