// What the convolution's passes share: lists of tile terms, where tiles are, and how results are written.
//
// For *_cpu.cpp files only, see kernels/simd.hpp.
#pragma once

#include <cstdlib>

#include "kernels/convolution/convolution.hpp"
#include "kernels/simd.hpp"

namespace ftl::kernels {
namespace {

// The taps of a window that meet the picture along one axis: the first one and how many.
struct Taps {
  int first;
  int count;
};

struct Window {
  Taps y;
  Taps x;
};

constexpr bool same(const Window& a, const Window& b) {
  return a.y.first == b.y.first && a.y.count == b.y.count && a.x.first == b.x.first && a.x.count == b.x.count;
}

// The lists of terms of the windows seen so far. Windows differ only at the picture's borders, so a few lists
// serve all positions; a list's distances start at the window's first tap.
class TermLists {
 public:
  explicit TermLists(int max_terms) : max_terms_(max_terms) {
    terms_ =
        static_cast<TileTerm*>(std::malloc(sizeof(TileTerm) * kSlots * static_cast<std::size_t>(max_terms)));
  }
  ~TermLists() { std::free(terms_); }
  TermLists(const TermLists&) = delete;
  TermLists& operator=(const TermLists&) = delete;

  void clear() { used_ = 0; }

  // The list for `window`; fill(window, terms) writes one and returns its length.
  template <class Fill>
  TileSum find(const Window& window, const Fill& fill) {
    for (int slot = 0; slot < used_; ++slot) {
      if (same(windows_[slot], window)) return {list(slot), counts_[slot], nullptr, nullptr};
    }
    const int slot = used_ < kSlots ? used_++ : (oldest_ = (oldest_ + 1) % kSlots);
    windows_[slot] = window;
    counts_[slot] = fill(window, list(slot));
    return {list(slot), counts_[slot], nullptr, nullptr};
  }

 private:
  TileTerm* list(int slot) const { return terms_ + std::int64_t{slot} * max_terms_; }

  static constexpr int kSlots = 16;
  int max_terms_;
  TileTerm* terms_;
  int used_ = 0;
  int oldest_ = 0;
  Window windows_[kSlots];
  int counts_[kSlots];
};

// Rows of tiles that must be computed for this many images.
constexpr int rows_for(int images) {
  return images > 16 ? 32 : 16;
}

constexpr int kHalfElements = kHalfRows * kTileColumns;

struct alignas(64) ResultTile {
  float values[kTileElements];
};

inline const bf16* position(const bf16* block, const Shape& shape, int channel_block, int y, int x) {
  return block + ((std::int64_t{channel_block} * shape.height + y) * shape.width + x) * kTileElements;
}

inline bf16* position(bf16* block, const Shape& shape, int channel_block, int y, int x) {
  return block + ((std::int64_t{channel_block} * shape.height + y) * shape.width + x) * kTileElements;
}

constexpr int tile_distance(const Shape& shape, int blocks, int y, int x) {
  return ((blocks * shape.height + y) * shape.width + x) * kTileElements;
}

// Two neighbouring positions whose windows meet the picture alike share most of their inputs, which slide
// along a row of taps: they are computed together, 16 images at a time.
inline bool slide_together(const ConvolutionGeometry& g, const Window& first, const Window& second) {
  return g.stride == 1 && same(first, second) && first.x.count > 1 && first.y.count > 0;
}

// The sum of `half` of the images for the position of `sum` and its right neighbour.
inline TileSum sliding_half(TileSum sum, const Window& window, int half) {
  sum.rows += half * kHalfElements;
  sum.half_distance = kTileElements;
  sum.run = window.x.count;
  return sum;
}

inline void write_values(const float* values, int elements, bf16* y) {
  for (int i = 0; i < elements; i += kLanes) store(y + i, load(values + i));
}

// The images from `rows` on are padding images.
inline void write_padding(int rows, bf16* y) {
  for (int i = rows * kTileColumns; i < kTileElements; i += kLanes) store(y + i, vfloat{});
}

}  // namespace
}  // namespace ftl::kernels
