// The one micro-kernel under every convolution, linear layer and matrix product: a 32 x 32 output tile as a
// sum of products of tiles. It is the only thing in them that differs between ISAs.
//
// Operands are bf16, or 8-bit integers: then each bf16 is two of them, tiles are as many bytes and twice as
// deep, and tile instructions multiply twice as many numbers in the same time.
#pragma once

#include <cstdint>

#include "base/bfloat16.hpp"

namespace ftl::kernels {

// One step of depth 32. Both operands are halves of 1 KB: of rows [16 rows][32], and of columns, in pairs,
// [16 pairs][16 columns][2] (the order that VDPBF16PS and TDPBF16PS read). Both are given as distances in
// elements from a TileSum's operands, so that one list of steps serves many output tiles.
struct TileTerm {
  std::int32_t rows;
  std::int32_t columns;
};

inline constexpr int kTileRows = 32;
inline constexpr int kTileColumns = 32;
inline constexpr int kTileDepth = 32;
inline constexpr int kHalfRows = kTileRows / 2;
inline constexpr int kHalfColumns = kTileColumns / 2;
// Elements of an operand's half and of both.
inline constexpr int kHalfOperand = kHalfRows * kTileDepth;
inline constexpr int kOperand = 2 * kHalfOperand;

// Where element (k, n) of the columns is when their halves follow each other.
constexpr int paired_index(int k, int n) {
  return n / kHalfColumns * kHalfOperand + (k / 2) * 2 * kHalfColumns + n % kHalfColumns * 2 + k % 2;
}

// Of 8-bit integers: a tile's depth, how many neighbours in depth stand beside each other in an operand of
// columns, [16 fours][16 columns][4], and where element (k, n) is, in bytes.
inline constexpr int kInt8Depth = 2 * kTileDepth;
inline constexpr int kInt8Neighbours = 4;
constexpr int int8_index(int k, int n) {
  return n / kHalfColumns * 2 * kHalfOperand + k / kInt8Neighbours * kInt8Neighbours * kHalfColumns +
         n % kHalfColumns * kInt8Neighbours + k % kInt8Neighbours;
}

// What an output tile is a sum of.
struct TileSum {
  const TileTerm* terms = nullptr;
  int term_count = 0;  // may be 0
  const bf16* rows = nullptr;
  const bf16* columns = nullptr;
  // From a term's first 16 rows to its second 16, in elements. Columns likewise.
  std::int64_t row_half_distance = kHalfOperand;
  std::int64_t column_half_distance = kHalfOperand;
  int depth = kTileDepth;  // of each term; from there on the operands are 0, and multiplied or not
  bool int8 = false;       // the operands are 8-bit integers; all of their depth is multiplied
  float scale = 1;         // of 8-bit integers: the sum is multiplied by it
};

// What four results of a convolution are sums of, for 16 images and 16 outputs each: two neighbouring
// positions, which slide over the inputs that they share, twice. The lower two are those of the next row or
// column of the picture, or those of other images.
//
// The taps of a position read a window of the picture, by lines across which the positions slide (rows of two
// positions beside each other); those of both read one place more of each line. Lines and places outside the
// picture are not read.
struct SquareSum {
  int lines = 1;       // of taps
  int places = 1;      // of a line's taps
  int first_line = 0;  // of the window, within the picture
  int last_line = 0;   // one past; may be more than lines, where lower positions are those of the next line
  int first_place = 0;
  int last_place = 0;
  int lower_line = 0;  // the line that a lower position's first taps read: 1, or 0 of other images
  int blocks = 0;      // of 32 inputs
  // The first block's tile at the picture's first position; from there to the window's corner, from one line,
  // place and block to the next, and from an upper position's inputs to a lower one's, in elements.
  const bf16* rows = nullptr;
  std::int64_t corner = 0;
  std::int64_t line_distance = 0;
  std::int64_t place_distance = 0;
  std::int64_t block_rows = 0;
  std::int64_t lower_distance = 0;
  // The first block's columns of the first tap; from the taps of one line, place and block to the next.
  const bf16* columns = nullptr;
  std::int64_t line_columns = 0;
  std::int64_t place_columns = 0;
  std::int64_t block_columns = 0;
  bool int8 = false;  // the operands are 8-bit integers, and the sums 32-bit ones
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

// Both halves of an operand.
template <class T>
struct Halves {
  T* first;
  T* second;
};

struct TileProductKernels {
  // result[r][n] = (accumulate ? result[r][n] : 0) + sum over terms and k of rows[r][k] * columns[k][n], in
  // fp32 (of 8-bit integers in fp32 or 32-bit integers: exact up to 2^24, and below 2^31); result is
  // [32][32]. Rows from `row_count` on, 1 to 32, are computed or not, and written or not.
  void (*multiply)(const TileSum& sum, int row_count, bool accumulate, float* result);
  // Runs `repetitions` products of depth 32 on registers or L1-resident tiles: what the machine could do at
  // best.
  void (*burn)(long repetitions);
  // Called on a thread before its first multiply and after its last one (AMX: loads and releases the tile
  // configuration).
  void (*begin)();
  void (*end)();
  // The next four are null where the instruction set gains nothing from them.
  // The sums stay in registers until the next ones are begun, which stores them where `former` says (unless
  // it has no place; results other than the next ones'), or until store_taps stores them. Until then nothing
  // else here that uses tiles may be called: multiply, multiply_square, burn, end. The interlude's steps are
  // done after they are stored.
  void (*add_tap_products)(const TapSums& sums, Interlude& interlude, const TapResults& former);
  void (*store_taps)(const TapResults& results);
  // The sums stay in registers until the next square is begun, which stores them at `former` (unless it is
  // null), or until store_square stores them: as result[position][image][n], [4][16][16], the upper
  // positions first. The interlude's steps are done after they are stored.
  void (*multiply_square)(const SquareSum& sum, Interlude& interlude, float* former);
  void (*store_square)(float* result);
  // Rounds 32 rows of 32 values, `stride` values apart, to two halves of rows that follow each other.
  void (*pack_rows)(const float* values, std::int64_t stride, bf16* rows);
  // Lays rows out as columns: row k becomes row k there.
  void (*pair_rows)(const Halves<const bf16>& rows, const Halves<bf16>& columns);
  // Lays the transpose of rows out as columns: row k of it becomes row k there.
  void (*pair_columns)(const Halves<const bf16>& rows, const Halves<bf16>& columns);
  // to[k][r] = rows[r][k].
  void (*transpose)(const Halves<const bf16>& rows, const Halves<bf16>& to);
};

}  // namespace ftl::kernels
