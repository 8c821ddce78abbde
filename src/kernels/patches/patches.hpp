// The way from pictures into the blocked layout: im2col. A first convolution has 3 input channels, which
// would leave 29 of a tile's 32 columns empty; written as patches, a 3x3 window fills 27 of 32, and the
// convolution is a 1x1 over them.
#pragma once

#include <cstdint>

#include "tensor/layout.hpp"

namespace ftl::kernels {

struct PatchesGeometry {
  int channels = 3;  // of a picture
  int height = 0;
  int width = 0;
  int kernel_height = 1;
  int kernel_width = 1;
  int stride = 1;
  int pad = 0;  // zeros

  int out_height() const { return (height + 2 * pad - kernel_height) / stride + 1; }
  int out_width() const { return (width + 2 * pad - kernel_width) / stride + 1; }
  // Channel (ky * kernel_width + kx) * channels + c of the output is picture channel c under tap (ky, kx).
  Shape out() const { return {kernel_height * kernel_width * channels, out_height(), out_width()}; }
};

struct PatchesKernels {
  // pictures is [32][height][width][channels] bf16 of which the first `images` are read; the blocked output
  // is written whole: 0 in padding images and padding channels.
  void (*forward)(const PatchesGeometry& geometry, int images, const bf16* pictures, bf16* patches);
};

}  // namespace ftl::kernels
