// A 32 x 32 tile of results on its way from the micro-kernel to activations. For *_cpu.cpp files only.
#pragma once

#include "kernels/simd.hpp"
#include "tensor/layout.hpp"

namespace ftl::kernels {
namespace {

// Of one position, both halves of the images.
struct alignas(64) ResultTile {
  float half[2][kTileElements];
};

inline void write_tile(const float* values, bf16* y) {
  for (int i = 0; i < kTileElements; i += 2 * kLanes)
    store(y + i, load(values + i), load(values + i + kLanes));
}

}  // namespace
}  // namespace ftl::kernels
