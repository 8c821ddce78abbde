// Products of 8-bit integers where only bf16 can be multiplied, which holds them exactly. For *_cpu.cpp files
// only.
#pragma once

#include "kernels/product/product.hpp"
#include "kernels/product/scaled_sums.hpp"
#include "kernels/simd.hpp"

namespace ftl::kernels {
namespace {
namespace int8_by_bf16 {

// Both halves of a term of integers as two terms of bf16, which hold them exactly: the first two of each four
// neighbours, and the last two.
void widen_integers(const bf16* integers, std::int64_t half_distance, bf16* first, bf16* last) {
  const auto bf16_of = [](vint integer) {
    return reinterpret_cast<vuint>(__builtin_convertvector(integer, vfloat));
  };
  for (int half = 0; half < 2; ++half) {
    for (int i = 0; i < kHalfOperand; i += 2 * kLanes) {
      vint fours;
      std::memcpy(&fours, integers + half * half_distance + i, sizeof(fours));
      const vuint two = (bf16_of(fours << 24 >> 24) >> 16) | bf16_of(fours << 16 >> 24);
      const vuint two_more = (bf16_of(fours << 8 >> 24) >> 16) | bf16_of(fours >> 24);
      std::memcpy(first + half * kHalfOperand + i, &two, sizeof(two));
      std::memcpy(last + half * kHalfOperand + i, &two_more, sizeof(two_more));
    }
  }
}

// As many terms at a time as stay in the nearest cache, by the set's own `multiply_bf16`.
template <void (*multiply_bf16)(const TileSum&, int, bool, float*)>
void multiply(const TileSum& sum, int row_count, bool accumulate, float* result) {
  constexpr int kTogether = 4;
  alignas(64) float sums[kTileRows * kTileColumns] = {};
  alignas(64) bf16 rows[2 * kTogether * kOperand];
  alignas(64) bf16 columns[2 * kTogether * kOperand];
  TileTerm terms[2 * kTogether];
  for (int i = 0; i < 2 * kTogether; ++i) terms[i] = {i * kOperand, i * kOperand};
  TileSum wide;
  wide.terms = terms;
  wide.rows = rows;
  wide.columns = columns;
  for (int t = 0; t < sum.term_count; ++t) {
    const int place = t % kTogether * 2 * kOperand;
    widen_integers(sum.rows + sum.terms[t].rows, sum.row_half_distance, rows + place,
                   rows + place + kOperand);
    widen_integers(sum.columns + sum.terms[t].columns, sum.column_half_distance, columns + place,
                   columns + place + kOperand);
    wide.term_count = 2 * (t % kTogether + 1);
    if (wide.term_count == 2 * kTogether || t + 1 == sum.term_count) {
      multiply_bf16(wide, row_count, true, sums);
    }
  }
  add_scaled(sums, row_count * kTileColumns, sum.scale, accumulate, result);
}

}  // namespace int8_by_bf16
}  // namespace
}  // namespace ftl::kernels
