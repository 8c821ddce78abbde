// Sums of products of neighbouring positions, which share what they load: quads of outputs, and the weight
// gradients of neighbouring taps. What TileProductKernels::multiply also gives, one after the other.
#pragma once

#include <cstdint>

#include "base/bfloat16.hpp"
#include "kernels/product/tile.hpp"

namespace ftl::kernels {

// What four results of a convolution are sums of, for 16 images and 16 outputs each: two neighbouring
// positions, which slide over the inputs that they share, twice. The lower two are those of the next row or
// column of the picture, or those of other images.
//
// The taps of a position read a window of the picture, by lines across which the positions slide (rows of two
// positions beside each other); those of both read one place more of each line. Lines and places outside the
// picture are not read.
struct QuadSum {
  int lines = 1;       // of taps
  int places = 1;      // of a line's taps
  int first_line = 0;  // of the window, within the picture
  int last_line = 0;   // one past; may be more than lines, where lower positions are those of the next line
  int first_place = 0;
  int last_place = 0;
  int lower_line = 0;      // the line that a lower position's first taps read: 1, or 0 of other images
  int channel_blocks = 0;  // of 32 inputs
  // The first channel block's tile at the picture's first position; from there to the window's corner, from
  // one line, place and channel block to the next, and from an upper position's inputs to a lower one's, in
  // elements.
  const bf16* rows = nullptr;
  std::int64_t corner = 0;
  std::int64_t line_distance = 0;
  std::int64_t place_distance = 0;
  std::int64_t channel_block_rows = 0;
  std::int64_t lower_distance = 0;
  // The first channel block's columns of the first tap; from the taps of one line, place and channel block to
  // the next.
  const bf16* columns = nullptr;
  std::int64_t line_columns = 0;
  std::int64_t place_columns = 0;
  std::int64_t channel_block_columns = 0;
  bool int8 = false;        // the operands are 8-bit integers, and the sums 32-bit ones
  float* result = nullptr;  // [position][image][n], [4][16][16], the upper positions first
};

// Other work for the vector units, done in steps between products, which leave them idle: step(context, i)
// for every i of [next, last).
struct Interlude {
  void (*step)(void* context, int i) = nullptr;
  void* context = nullptr;
  int next = 0;
  int last = 0;

  void play() {
    if (next < last) step(context, next++);
  }
};

// Where sums of three taps belong, 16 x 16 of each.
struct TapResults {
  float* first = nullptr;         // the first tap's; of 8-bit integers what it points to are 32-bit ones
  std::int64_t row_distance = 0;  // in elements
  std::int64_t tap_distance = 0;
};

// What the weights of three neighbouring taps get from the rows of a picture along which they slide:
// results[tap][r][n], 16 x 16 of it, become (accumulate ? themselves : 0) + the sum over picture rows,
// positions p and k of rows[p + tap][r][k] * columns[p][k][n], with operands as in TileTerm, one half of
// each.
struct TapSums {
  const TileTerm* picture_rows = nullptr;  // position 0 of each; rows are those of tap 0
  int picture_row_count = 0;               // at least 1
  int positions = 0;                       // of a picture row; at least 1
  bool first_tap_starts;                   // tap 0 has an input at the first position
  bool last_tap_ends;                      // tap 2 has an input at the last position
  const bf16* rows = nullptr;
  const bf16* columns = nullptr;
  bool int8 = false;        // the operands are 8-bit integers, and the sums 32-bit ones
  bool accumulate = false;  // not of 8-bit integers
  TapResults results;
};

// Both pairs compute sums of products and may keep them in registers, to store them later: a sum is in its
// place once that place was passed on as `former`, by the next call or by the storing one. Until then no
// other product may be computed and nobody may read the place. The interlude's steps are done once the former
// sums are stored; the former place (none: null) and the new one do not overlap.
struct SharedProductKernels {
  void (*multiply_quad)(const QuadSum& sum, Interlude& interlude, float* former);
  void (*store_quad)(float* former);
  void (*add_tap_products)(const TapSums& sums, Interlude& interlude, const TapResults& former);
  void (*store_taps)(const TapResults& former);
  // Whether they are faster than the same products by TileProductKernels::multiply.
  bool faster = false;
};

}  // namespace ftl::kernels
