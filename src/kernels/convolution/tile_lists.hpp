// Where a position's tile is, and what the tiles of a convolution's forward and backward-data pass are sums
// of, kept for all positions whose window meets the picture alike. Used by every ISA's kernels, so plain and
// free of the standard library.
#pragma once

#include "kernels/convolution/convolution.hpp"

namespace ftl::kernels {
namespace {

// The taps of a window that meet the picture along one axis: the first one and how many.
struct Taps {
  int first;
  int count;
};

struct WindowTaps {
  Taps y;
  Taps x;
};

constexpr bool same(const WindowTaps& a, const WindowTaps& b) {
  return a.y.first == b.y.first && a.y.count == b.y.count && a.x.first == b.x.first && a.x.count == b.x.count;
}

// How many of a term's 32 channels a value has.
constexpr int depth_of(const Shape& value) {
  return value.channels < kTileDepth ? value.channels : kTileDepth;
}

inline constexpr int kMostLists = 32;

// How large the memory for lists of terms is.
struct TermListSizes {
  int lists;
  int terms;  // of the longest list

  // In bf16, as scratch memory is counted.
  constexpr std::int64_t elements() const {
    return std::int64_t{lists} * terms * static_cast<std::int64_t>(sizeof(TileTerm) / sizeof(bf16));
  }
};

// Of a pass over `positions`, to each of which `planes` channel blocks contribute by every tap.
inline TermListSizes list_sizes(const ConvolutionGeometry& g, int positions, int planes) {
  return {positions < kMostLists ? positions : kMostLists, planes * g.taps()};
}
// Of the forward pass, whose operands may be integers or not.
inline TermListSizes forward_list_sizes(const ConvolutionGeometry& g) {
  return list_sizes(g, g.out.positions(), g.in.channel_blocks());
}
inline TermListSizes backward_list_sizes(const ConvolutionGeometry& g) {
  return list_sizes(g, g.in.positions(), g.out.channel_blocks());
}

// The lists of terms of the windows seen so far. Windows differ only at the picture's borders, so a few lists
// serve all positions; a list's distances start at the window's first tap.
class TermLists {
 public:
  // `memory` holds sizes.elements().
  TermLists(bf16* memory, const TermListSizes& sizes)
      : sizes_(sizes), terms_(reinterpret_cast<TileTerm*>(memory)) {}
  TermLists(const TermLists&) = delete;
  TermLists& operator=(const TermLists&) = delete;

  void clear() { used_ = 0; }

  // The list for `window`; fill(window, terms) writes one and returns its length.
  template <class Fill>
  TileSum find(const WindowTaps& window, const Fill& fill) {
    for (int list = 0; list < used_; ++list) {
      if (same(windows_[list], window)) return sum_of(list);
    }
    const int list = used_ < sizes_.lists ? used_++ : (oldest_ = (oldest_ + 1) % sizes_.lists);
    windows_[list] = window;
    counts_[list] = fill(window, terms_of(list));
    return sum_of(list);
  }

 private:
  TileTerm* terms_of(int list) const { return terms_ + std::int64_t{list} * sizes_.terms; }
  TileSum sum_of(int list) const {
    TileSum sum;
    sum.terms = terms_of(list);
    sum.term_count = counts_[list];
    return sum;
  }

  TermListSizes sizes_;
  TileTerm* terms_;
  int used_ = 0;
  int oldest_ = 0;
  WindowTaps windows_[kMostLists];
  int counts_[kMostLists];
};

// Halves of an image block that hold images.
constexpr int halves_of(int images) {
  return images > kHalfImages ? 2 : 1;
}

// One position of a plane.
template <class T>
inline T* position(T* block, const Shape& shape, int plane, int y, int x) {
  return block + ((std::int64_t{plane} * shape.height + y) * shape.width + x) * kTileElements;
}

constexpr int tile_distance(const Shape& shape, int planes, int y, int x) {
  return ((planes * shape.height + y) * shape.width + x) * kTileElements;
}

}  // namespace
}  // namespace ftl::kernels
