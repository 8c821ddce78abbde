// The order in which a pass goes through the positions of a picture. Used by every ISA's kernels, so plain
// and free of the standard library.
#pragma once

#include "kernels/convolution/tile_lists.hpp"
#include "kernels/convolution/weight_tiles.hpp"

namespace ftl::kernels {
namespace {

struct Visit {
  int y;
  int x;
  Neighbour neighbour;
};

// Every position of a picture once, alone or with a neighbour that it slides with.
class PositionWalk {
 public:
  // window_at(y, x) is the window of a position. Where nothing can slide, every position is alone.
  template <class WindowAt>
  PositionWalk(int height, int width, bool can_slide, const WindowAt& window_at) {
    const auto positions = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
    visits_ = static_cast<Visit*>(std::malloc(sizeof(Visit) * positions));
    auto* visited = static_cast<bool*>(std::calloc(positions, sizeof(bool)));
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        bool* at = visited + std::int64_t{y} * width + x;
        if (*at) continue;
        Neighbour neighbour = Neighbour::none;
        if (can_slide) {
          const Window window = window_at(y, x);
          if (x + 1 < width && !at[1] && slides(window, window_at(y, x + 1), Neighbour::right)) {
            neighbour = Neighbour::right;
            at[1] = true;
          } else if (y + 1 < height && slides(window, window_at(y + 1, x), Neighbour::below)) {
            neighbour = Neighbour::below;
            at[width] = true;
          }
        }
        visits_[count_++] = {y, x, neighbour};
      }
    }
    std::free(visited);
  }
  ~PositionWalk() { std::free(visits_); }
  PositionWalk(const PositionWalk&) = delete;
  PositionWalk& operator=(const PositionWalk&) = delete;

  const Visit* begin() const { return visits_; }
  const Visit* end() const { return visits_ + count_; }

 private:
  Visit* visits_;
  int count_ = 0;
};

// Whether the packed weights take more memory than `elements` activations.
inline bool packed_weights_exceed(const ConvolutionGeometry& g, std::int64_t elements) {
  return std::int64_t{pairs_before(g, g.out.channel_blocks())} * g.taps() * kOperand > elements;
}

struct BlockWalk {
  int blocks;
  int halves;
  bool weights_are_larger;
};

// Calls visit(channel block, half) for all: the larger of the two operands, weights or half the activations,
// is gone through once, while the other one stays in the second-level cache.
template <class Visit>
inline void walk_blocks(const BlockWalk& walk, const Visit& visit) {
  if (walk.weights_are_larger) {
    for (int block = 0; block < walk.blocks; ++block) {
      for (int half = 0; half < walk.halves; ++half) visit(block, half);
    }
  } else {
    for (int half = 0; half < walk.halves; ++half) {
      for (int block = 0; block < walk.blocks; ++block) visit(block, half);
    }
  }
}

}  // namespace
}  // namespace ftl::kernels
