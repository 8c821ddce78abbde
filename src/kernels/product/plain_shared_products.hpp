// Products that share what they load, for sets whose registers are too few to gain from it: one after the
// other, and stored at once. For *_cpu.cpp files only.
#pragma once

#include "kernels/product/shared_products.hpp"
#include "kernels/simd.hpp"

namespace ftl::kernels {
namespace {
namespace plain_shared_products {

struct Operands {
  const bf16* rows;     // [16][32], or [16][64] 8-bit integers
  const bf16* columns;  // [16 pairs][16][2], or [16 fours][16][4] 8-bit integers
};

// kLanes sums of one row, from a column on: added in the order of the depth.
inline vfloat add_row(const bf16* row, const bf16* columns, vfloat sums) {
  for (int pair = 0; pair < kTileDepth / 2; ++pair) {
    vuint words;
    std::memcpy(&words, columns + pair * 2 * kHalfColumns, sizeof(words));
    sums += broadcast(to_float(row[2 * pair])) * reinterpret_cast<vfloat>(words << 16);
    sums += broadcast(to_float(row[2 * pair + 1])) * reinterpret_cast<vfloat>(words & 0xffff0000u);
  }
  return sums;
}

inline vint add_row(const bf16* row, const bf16* columns, vint sums) {
  for (int four = 0; four < kInt8Depth / kInt8Neighbours; ++four) {
    std::int8_t of_row[kInt8Neighbours];
    std::memcpy(of_row, row + four * 2, sizeof(of_row));
    vint of_columns;
    std::memcpy(&of_columns, columns + four * 2 * kHalfColumns, sizeof(of_columns));
    for (int i = 0; i < kInt8Neighbours; ++i) {
      const vint neighbour = of_columns << (24 - 8 * i) >> 24;
      sums += neighbour * of_row[i];
    }
  }
  return sums;
}

// Adds to 16 x 16 sums, rows of which are `row_distance` apart: vfloat or vint.
template <class Sums>
void add_product(const Operands& operands, std::int64_t row_distance, float* result) {
  for (int row = 0; row < kHalfRows; ++row) {
    for (int column = 0; column < kHalfColumns; column += kLanes) {
      float* to = result + row * row_distance + column;
      Sums sums;
      std::memcpy(&sums, to, sizeof(sums));
      sums = add_row(operands.rows + row * kTileDepth, operands.columns + 2 * column, sums);
      std::memcpy(to, &sums, sizeof(sums));
    }
  }
}

void add_product(bool int8, const Operands& operands, std::int64_t row_distance, float* result) {
  if (int8) {
    add_product<vint>(operands, row_distance, result);
  } else {
    add_product<vfloat>(operands, row_distance, result);
  }
}

void play_out(Interlude& interlude) {
  while (interlude.next < interlude.last) interlude.play();
}

// The products of one tap with each of the four positions that it has an input for.
void add_tap(const QuadSum& sum, const bf16* rows, const bf16* columns, int line, int place) {
  for (int position = 0; position < 4; ++position) {
    const int lower = position / 2;
    const int right = position % 2;
    const int line_read = line + lower * sum.lower_line;
    const int place_read = place + right;
    if (line_read < sum.first_line || line_read >= sum.last_line) continue;
    if (place_read < sum.first_place || place_read >= sum.last_place) continue;
    const bf16* of_position = rows + lower * sum.lower_distance + right * sum.place_distance;
    add_product(sum.int8, {of_position, columns}, kHalfColumns,
                sum.result + position * kHalfRows * kHalfColumns);
  }
}

void multiply_quad(const QuadSum& sum, Interlude& interlude, float* /*former*/) {
  std::memset(sum.result, 0, sizeof(float) * 4 * kHalfRows * kHalfColumns);
  for (int block = 0; block < sum.channel_blocks; ++block) {
    for (int line = 0; line < sum.lines; ++line) {
      for (int place = 0; place < sum.places; ++place) {
        add_tap(sum,
                sum.rows + (sum.corner + block * sum.channel_block_rows + line * sum.line_distance +
                            place * sum.place_distance),
                sum.columns +
                    (block * sum.channel_block_columns + line * sum.line_columns + place * sum.place_columns),
                line, place);
      }
    }
  }
  play_out(interlude);
}

void add_position(const TapSums& sums, const TileTerm& picture_row, int position) {
  const bf16* rows = sums.rows + picture_row.rows + position * kHalfOperand;
  const bf16* columns = sums.columns + picture_row.columns + position * kHalfOperand;
  for (int tap = 0; tap < 3; ++tap) {
    if (tap == 0 && position == 0 && !sums.first_tap_starts) continue;
    if (tap == 2 && position + 1 == sums.positions && !sums.last_tap_ends) continue;
    add_product(sums.int8, {rows + tap * kHalfOperand, columns}, sums.results.row_distance,
                sums.results.first + tap * sums.results.tap_distance);
  }
}

void clear(const TapResults& results) {
  for (int tap = 0; tap < 3; ++tap) {
    for (int row = 0; row < kHalfRows; ++row) {
      std::memset(results.first + tap * results.tap_distance + row * results.row_distance, 0,
                  sizeof(float) * kHalfColumns);
    }
  }
}

void add_tap_products(const TapSums& sums, Interlude& interlude, const TapResults& /*former*/) {
  if (!sums.accumulate) clear(sums.results);
  for (int row = 0; row < sums.picture_row_count; ++row) {
    for (int position = 0; position < sums.positions; ++position)
      add_position(sums, sums.picture_rows[row], position);
  }
  play_out(interlude);
}

// Sums are in their places.
void store_quad(float* /*former*/) {}
void store_taps(const TapResults& /*former*/) {}

}  // namespace plain_shared_products
}  // namespace
}  // namespace ftl::kernels
