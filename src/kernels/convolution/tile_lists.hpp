// What the tiles of a convolution's forward and backward-data pass are sums of, kept for all positions whose
// window meets the picture alike. Used by every ISA's kernels, so plain and free of the standard library.
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

struct Window {
  Taps y;
  Taps x;
};

constexpr bool same(const Window& a, const Window& b) {
  return a.y.first == b.y.first && a.y.count == b.y.count && a.x.first == b.x.first && a.x.count == b.x.count;
}

// With which neighbour a position is computed. Two neighbours whose windows meet the picture alike share most
// of their inputs, which slide along the taps between them.
enum class Neighbour : std::uint8_t { none, right, below };

// `other` being the window of that neighbour.
constexpr bool slides(const Window& window, const Window& other, Neighbour neighbour) {
  const int along = neighbour == Neighbour::right ? window.x.count : window.y.count;
  return same(window, other) && along > 1 && window.x.count > 0 && window.y.count > 0;
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

  // The list for `window`, whose runs go towards `neighbour`; fill(window, neighbour, terms) writes one and
  // returns its length.
  template <class Fill>
  TileSum find(const Window& window, Neighbour neighbour, const Fill& fill) {
    for (int slot = 0; slot < used_; ++slot) {
      if (neighbours_[slot] == neighbour && same(windows_[slot], window)) return list(slot);
    }
    const int slot = used_ < kSlots ? used_++ : (oldest_ = (oldest_ + 1) % kSlots);
    windows_[slot] = window;
    neighbours_[slot] = neighbour;
    counts_[slot] = fill(window, neighbour, terms_of(slot));
    return list(slot);
  }

 private:
  TileTerm* terms_of(int slot) const { return terms_ + std::int64_t{slot} * max_terms_; }
  TileSum list(int slot) const {
    TileSum sum;
    sum.terms = terms_of(slot);
    sum.term_count = counts_[slot];
    if (neighbours_[slot] == Neighbour::right) sum.run = windows_[slot].x.count;
    if (neighbours_[slot] == Neighbour::below) sum.run = windows_[slot].y.count;
    return sum;
  }

  static constexpr int kSlots = 32;
  int max_terms_;
  TileTerm* terms_;
  int used_ = 0;
  int oldest_ = 0;
  Window windows_[kSlots];
  Neighbour neighbours_[kSlots];
  int counts_[kSlots];
};

// Calls visit(tap along y, tap along x), as places within the window, in the order of runs towards
// `neighbour`.
template <class Visit>
inline void for_each_tap(const Window& window, Neighbour neighbour, const Visit& visit) {
  if (neighbour == Neighbour::below) {
    for (int kx = 0; kx < window.x.count; ++kx) {
      for (int ky = 0; ky < window.y.count; ++ky) visit(ky, kx);
    }
  } else {
    for (int ky = 0; ky < window.y.count; ++ky) {
      for (int kx = 0; kx < window.x.count; ++kx) visit(ky, kx);
    }
  }
}

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

// From a position's rows of a TileSum to those of its neighbour, or of the other half of the images.
constexpr std::int64_t row_half_distance(const Shape& shape, Neighbour neighbour) {
  if (neighbour == Neighbour::right) return kTileElements;
  if (neighbour == Neighbour::below) return std::int64_t{shape.width} * kTileElements;
  return shape.half_elements();
}

}  // namespace
}  // namespace ftl::kernels
