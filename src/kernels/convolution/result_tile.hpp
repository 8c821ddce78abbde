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

// What sums of 8-bit integers are multiplied by.
struct SumScales {
  const float* of_channel = nullptr;  // weights' scales; null: the sums are no integers
  float of_all = 1;                   // the other operand's

  const float* block(int channel_block) const {
    return of_channel == nullptr ? nullptr : of_channel + channel_block * kBlockChannels;
  }
};

// Multiplies each column of so many halves of a tile that is scaled but for its channels.
inline void scale_columns(const float* of_channel, int halves, ResultTile& result) {
  if (of_channel == nullptr) return;
  for (float* row = result.half[0]; row < result.half[0] + halves * kTileElements; row += kTileColumns) {
    for (int n = 0; n < kTileColumns; n += kLanes) store(row + n, load(row + n) * load(of_channel + n));
  }
}

inline void write_tile(const float* values, bf16* y) {
  for (int i = 0; i < kTileElements; i += 2 * kLanes)
    store(y + i, load(values + i), load(values + i + kLanes));
}

}  // namespace
}  // namespace ftl::kernels
