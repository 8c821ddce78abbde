// Where a position's tile is, and what the tiles of a convolution's forward and backward-data pass are sums
// of, kept for all positions whose window meets the picture alike. Used by every ISA's kernels, so plain and
// free of the standard library.
#pragma once

#include <cstdlib>

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
  TileSum find(const WindowTaps& window, const Fill& fill) {
    for (int slot = 0; slot < used_; ++slot) {
      if (same(windows_[slot], window)) return list(slot);
    }
    const int slot = used_ < kSlots ? used_++ : (oldest_ = (oldest_ + 1) % kSlots);
    windows_[slot] = window;
    counts_[slot] = fill(window, terms_of(slot));
    return list(slot);
  }

 private:
  TileTerm* terms_of(int slot) const { return terms_ + std::int64_t{slot} * max_terms_; }
  TileSum list(int slot) const {
    TileSum sum;
    sum.terms = terms_of(slot);
    sum.term_count = counts_[slot];
    return sum;
  }

  static constexpr int kSlots = 32;
  int max_terms_;
  TileTerm* terms_;
  int used_ = 0;
  int oldest_ = 0;
  WindowTaps windows_[kSlots];
  int counts_[kSlots];
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
