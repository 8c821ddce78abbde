// The order in which a pass goes through channel blocks and positions. Used by every ISA's kernels, so plain
// and free of the standard library.
#pragma once

#include "kernels/convolution/weight_tiles.hpp"

namespace ftl::kernels {
namespace {

struct BlockWalk {
  int blocks;  // of the channels that are written
  int halves;
  // The part of the picture that is gone through in squares of 2 x 2 positions; both are even.
  int square_height = 0;
  int square_width = 0;
  std::int64_t weight_elements = 0;  // packed
  std::int64_t half_elements = 0;    // of half the images that are read
};

// Calls visit(channel block, half) for all: the larger of the two operands, weights or half the activations,
// is gone through once, while the other one stays in the second-level cache.
template <class Visit>
inline void walk_blocks(const BlockWalk& walk, const Visit& visit) {
  if (walk.weight_elements > walk.half_elements) {
    for (int block = 0; block < walk.blocks; ++block) {
      for (int half = 0; half < walk.halves; ++half) visit(block, half);
    }
  } else {
    for (int half = 0; half < walk.halves; ++half) {
      for (int block = 0; block < walk.blocks; ++block) visit(block, half);
    }
  }
}

// Calls visit(channel block, half, y, x) for all squares. Where all weights stay in the second-level cache, a
// square's inputs are read once for all channel blocks.
template <class Visit>
inline void walk_squares(const BlockWalk& walk, const Visit& visit) {
  constexpr std::int64_t kElementsInCache = 256 * 1024;
  const auto each_square = [&](const auto& visit_square) {
    for (int y = 0; y < walk.square_height; y += 2) {
      for (int x = 0; x < walk.square_width; x += 2) visit_square(y, x);
    }
  };
  if (walk.weight_elements > kElementsInCache) {
    walk_blocks(walk,
                [&](int block, int half) { each_square([&](int y, int x) { visit(block, half, y, x); }); });
    return;
  }
  for (int half = 0; half < walk.halves; ++half) {
    each_square([&](int y, int x) {
      for (int block = 0; block < walk.blocks; ++block) visit(block, half, y, x);
    });
  }
}

inline std::int64_t packed_elements(const ConvolutionGeometry& g) {
  return std::int64_t{pairs_before(g, g.out.channel_blocks())} * g.taps() * kOperand;
}

}  // namespace
}  // namespace ftl::kernels
