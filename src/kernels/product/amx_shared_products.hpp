// Products that share what they load, by AMX tiles: sums stay in their registers until the next ones are
// begun, so that no load waits for a store. For *_cpu.cpp files only.
#pragma once

#if defined(__AMX_BF16__) && defined(__AMX_INT8__)

#include "kernels/product/amx_tiles.hpp"
#include "kernels/product/shared_products.hpp"

namespace ftl::kernels {
namespace {
namespace amx_products {

// Which positions of a QuadSum a line of taps has products for.
struct TapLine {
  bool upper;
  bool lower;
};

TapLine tap_line(const QuadSum& sum, int line) {
  const int lower = line + sum.lower_line;
  return {line >= sum.first_line && line < sum.last_line, lower >= sum.first_line && lower < sum.last_line};
}

// The inputs of the left positions, which are there already for every tap but the first.
void load_left(const QuadSum& sum, TapLine line, const bf16* rows) {
  if (sum.first_place > 0 || sum.last_place <= 0) return;
  if (line.upper) _tile_loadd(4, rows, kStride);
  if (line.lower) _tile_loadd(5, rows + sum.lower_distance, kStride);
}

// The products of one line of taps. A position's inputs are its left neighbour's of the next tap, and stay in
// their tile for it.
template <bool int8, bool upper, bool lower>
void add_tap_line(const QuadSum& sum, const bf16* rows, const bf16* columns, Interlude& interlude) {
  for (int tap = 0; tap < sum.places; ++tap) {
    _tile_loadd(6, columns, kStride);
    columns += sum.place_columns;
    if (tap >= sum.first_place && tap < sum.last_place) {
      if constexpr (upper) {
        FTL_ADD_PRODUCT(0, 4, 6)
      }
      if constexpr (lower) {
        FTL_ADD_PRODUCT(2, 5, 6)
      }
    }
    rows += sum.place_distance;
    if (tap + 1 >= sum.first_place && tap + 1 < sum.last_place) {
      if constexpr (upper) {
        _tile_loadd(4, rows, kStride);
        FTL_ADD_PRODUCT(1, 4, 6)
      }
      if constexpr (lower) {
        _tile_loadd(5, rows + sum.lower_distance, kStride);
        FTL_ADD_PRODUCT(3, 5, 6)
      }
    }
    interlude.play();
  }
}

template <bool int8>
void add_tap_line(const QuadSum& sum, TapLine line, const bf16* rows, const bf16* columns,
                  Interlude& interlude) {
  if (line.upper && line.lower) {
    add_tap_line<int8, true, true>(sum, rows, columns, interlude);
  } else if (line.upper) {
    add_tap_line<int8, true, false>(sum, rows, columns, interlude);
  } else if (line.lower) {
    add_tap_line<int8, false, true>(sum, rows, columns, interlude);
  }
}

void store_quad(float* result) {
  constexpr int kRowOfResult = kHalfColumns * 4;  // bytes
  _tile_stored(0, result, kRowOfResult);
  _tile_stored(1, result + kHalfRows * kHalfColumns, kRowOfResult);
  _tile_stored(2, result + 2 * kHalfRows * kHalfColumns, kRowOfResult);
  _tile_stored(3, result + 3 * kHalfRows * kHalfColumns, kRowOfResult);
}

// Loads wait for the stores before them, and those for the last products: so the first operands of a quad
// are loaded before the former one is stored. (Its first columns are loaded again, from the nearest cache.)
template <bool int8>
void multiply_quad_of(const QuadSum& sum, Interlude& interlude, float* former) {
  bool first = true;
  Nowhere nowhere;
  for (int block = 0; block < sum.channel_blocks; ++block) {
    for (int i = 0; i < sum.lines; ++i) {
      keep_stores_awake(nowhere);
      const TapLine line = tap_line(sum, i);
      const bf16* rows = sum.rows + (sum.corner + block * sum.channel_block_rows + i * sum.line_distance);
      const bf16* columns = sum.columns + (block * sum.channel_block_columns + i * sum.line_columns);
      load_left(sum, line, rows);
      if (first) {
        _tile_loadd(6, columns, kStride);
        if (former != nullptr) store_quad(former);
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
        first = false;
      }
      add_tap_line<int8>(sum, line, rows, columns, interlude);
    }
  }
  while (interlude.next < interlude.last) interlude.play();
}

void multiply_quad(const QuadSum& sum, Interlude& interlude, float* former) {
  if (sum.int8) {
    multiply_quad_of<true>(sum, interlude, former);
  } else {
    multiply_quad_of<false>(sum, interlude, former);
  }
}

// The operands of a picture row's first products.
void load_first_position(const bf16* rows, const bf16* columns) {
  _tile_loadd(3, columns, kStride);
  _tile_loadd(5, rows + kHalfOperand, kStride);
}

// One picture row of a TapSums, but for its first operands: each position loads one input and one column for
// three products, the inputs of its first two taps being there already, in tiles that take turns.
template <bool int8>
void add_picture_row(const TapSums& sums, const bf16* rows, const bf16* columns, Interlude& interlude) {
#define FTL_ADD_POSITION(first, middle, last)                           \
  {                                                                     \
    _tile_loadd(3, columns + position * kHalfOperand, kStride);         \
    FTL_ADD_PRODUCT(0, first, 3)                                        \
    FTL_ADD_PRODUCT(1, middle, 3)                                       \
    if (position < end - 1 || sums.last_tap_ends) {                     \
      _tile_loadd(last, rows + (position + 2) * kHalfOperand, kStride); \
      FTL_ADD_PRODUCT(2, last, 3)                                       \
    }                                                                   \
    interlude.play();                                                   \
    ++position;                                                         \
  }
  const std::int64_t end = sums.positions;
  FTL_ADD_PRODUCT(1, 5, 3)
  if (sums.first_tap_starts) {
    _tile_loadd(4, rows, kStride);
    FTL_ADD_PRODUCT(0, 4, 3)
  }
  if (end > 1 || sums.last_tap_ends) {
    _tile_loadd(6, rows + 2 * kHalfOperand, kStride);
    FTL_ADD_PRODUCT(2, 6, 3)
  }
  interlude.play();
  for (std::int64_t position = 1; position < end;) {
    FTL_ADD_POSITION(5, 6, 4)
    if (position == end) break;
    FTL_ADD_POSITION(6, 4, 5)
    if (position == end) break;
    FTL_ADD_POSITION(4, 5, 6)
  }
#undef FTL_ADD_POSITION
}

void store_taps(const TapResults& results) {
  const auto row_bytes = static_cast<std::size_t>(results.row_distance) * sizeof(float);
  _tile_stored(0, results.first, row_bytes);
  _tile_stored(1, results.first + results.tap_distance, row_bytes);
  _tile_stored(2, results.first + 2 * results.tap_distance, row_bytes);
}

void begin_taps(const TapSums& sums) {
  if (!sums.accumulate) {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    return;
  }
  const TapResults& results = sums.results;
  const auto row_bytes = static_cast<std::size_t>(results.row_distance) * sizeof(float);
  _tile_loadd(0, results.first, row_bytes);
  _tile_loadd(1, results.first + results.tap_distance, row_bytes);
  _tile_loadd(2, results.first + 2 * results.tap_distance, row_bytes);
}

// The first operands are loaded before the former sums are stored, as those of a quad are.
template <bool int8>
void add_tap_products_of(const TapSums& sums, Interlude& interlude, const TapResults& former) {
  Nowhere nowhere;
  for (int row = 0; row < sums.picture_row_count; ++row) {
    keep_stores_awake(nowhere);
    const bf16* const rows = sums.rows + sums.picture_rows[row].rows;
    const bf16* const columns = sums.columns + sums.picture_rows[row].columns;
    load_first_position(rows, columns);
    if (row == 0) {
      if (former.first != nullptr) store_taps(former);
      begin_taps(sums);
    }
    add_picture_row<int8>(sums, rows, columns, interlude);
  }
  while (interlude.next < interlude.last) interlude.play();
}

void add_tap_products(const TapSums& sums, Interlude& interlude, const TapResults& former) {
  if (sums.int8) {
    add_tap_products_of<true>(sums, interlude, former);
  } else {
    add_tap_products_of<false>(sums, interlude, former);
  }
}

}  // namespace amx_products
}  // namespace
}  // namespace ftl::kernels

#endif
