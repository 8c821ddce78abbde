// The order in which a pass goes through channel blocks and positions. Used by every ISA's kernels, so plain
// and free of the standard library.
#pragma once

#include "kernels/convolution/convolution.hpp"

namespace ftl::kernels {
namespace {

// Four results that are computed together.
enum class QuadKind : std::uint8_t {
  inner,  // 2 x 2 positions of half the images
  below,  // the last row of an odd height: two positions beside each other, of all images
  beside  // the last column of an odd width: two positions below each other, of all images
};

struct Quad {
  int y;  // of the upper left position
  int x;
  QuadKind kind;

  // The half that its upper positions are of, when it is visited with `half`.
  int first_half(int half) const { return kind == QuadKind::inner ? half : 0; }
};

struct BlockWalk {
  int channel_blocks;  // of the channels that are written
  int halves;
  // The picture, if it is gone through in quads.
  int quads_height = 0;
  int quads_width = 0;
  std::int64_t weight_elements = 0;  // packed
  std::int64_t half_elements = 0;    // of half the images that are read

  // Whether position (y, x) is in no quad: where there are any, the last corner of odd sides.
  bool alone(int y, int x) const {
    if (quads_height == 0) return true;
    return y / 2 * 2 + 1 == quads_height && x / 2 * 2 + 1 == quads_width;
  }
};

// Calls visit(channel block, half) for all: the larger of the two operands, weights or half the activations,
// is gone through once, while the other one stays in the second-level cache.
template <class Visit>
inline void walk_channel_blocks(const BlockWalk& walk, const Visit& visit) {
  if (walk.weight_elements > walk.half_elements) {
    for (int block = 0; block < walk.channel_blocks; ++block) {
      for (int half = 0; half < walk.halves; ++half) visit(block, half);
    }
  } else {
    for (int half = 0; half < walk.halves; ++half) {
      for (int block = 0; block < walk.channel_blocks; ++block) visit(block, half);
    }
  }
}

// The quads of half the images; those of all images are visited with the last half.
template <class Visit>
inline void for_each_quad(const BlockWalk& walk, int half, const Visit& visit) {
  for (int y = 0; y < walk.quads_height; y += 2) {
    const bool last_row = y + 1 == walk.quads_height;
    for (int x = 0; x < walk.quads_width; x += 2) {
      const bool last_column = x + 1 == walk.quads_width;
      if (last_row && last_column) continue;
      if ((last_row || last_column) && half + 1 < walk.halves) continue;
      visit(Quad{y, x, last_row ? QuadKind::below : last_column ? QuadKind::beside : QuadKind::inner});
    }
  }
}

// Calls visit(channel block, half, quad) for all quads. Where all weights stay in the second-level cache,
// a quad's inputs are read once for all channel blocks.
template <class Visit>
inline void walk_quads(const BlockWalk& walk, const Visit& visit) {
  constexpr std::int64_t kElementsInCache = 256 * 1024;
  if (walk.weight_elements > kElementsInCache) {
    walk_channel_blocks(walk, [&](int block, int half) {
      for_each_quad(walk, half, [&](const Quad& quad) { visit(block, half, quad); });
    });
    return;
  }
  for (int half = 0; half < walk.halves; ++half) {
    for_each_quad(walk, half, [&](const Quad& quad) {
      for (int block = 0; block < walk.channel_blocks; ++block) visit(block, half, quad);
    });
  }
}

}  // namespace
}  // namespace ftl::kernels
