// Products of 8-bit integers by VPDPBUSD on 512-bit vectors, which multiplies fours and adds them to a sum of
// 32 bits. For *_cpu.cpp files only.
#pragma once

#if defined(__AVX512VNNI__)

#include "kernels/product/burn.hpp"
#include "kernels/product/product.hpp"
#include "kernels/product/scaled_sums.hpp"
#include "kernels/simd.hpp"

namespace ftl::kernels {
namespace {
namespace avx512_vnni_products {

constexpr int kRows = 8;

// kRows x 32 results in registers over all terms. The instruction multiplies unsigned by signed numbers, so
// columns are taken 128 larger, and 128 times the sum of each row is taken off again. Sums wrap around as
// those of 32-bit integers do, so what is added and taken off cannot overflow.
void multiply_rows(const TileSum& sum, int first_row, std::int32_t* result) {
  const __m512i offset = _mm512_set1_epi8(static_cast<char>(-128));  // 128 where it is unsigned
  __m512i sums[kRows][2];
  __m512i excess[kRows];
  for (int r = 0; r < kRows; ++r) sums[r][0] = sums[r][1] = excess[r] = _mm512_setzero_si512();
  for (int t = 0; t < sum.term_count; ++t) {
    const bf16* rows = sum.rows + sum.terms[t].rows + first_row / kHalfRows * sum.row_half_distance +
                       first_row % kHalfRows * kTileDepth;
    const bf16* columns = sum.columns + sum.terms[t].columns;
    for (int r = 0; r < kRows; ++r) {
      excess[r] = _mm512_dpbusd_epi32(excess[r], offset, _mm512_loadu_si512(rows + r * kTileDepth));
    }
    for (int four = 0; four < kInt8Depth / kInt8Neighbours; ++four) {
      const bf16* of_four = columns + four * 2 * kHalfColumns;
      const __m512i first = _mm512_xor_si512(_mm512_loadu_si512(of_four), offset);
      const __m512i second = _mm512_xor_si512(_mm512_loadu_si512(of_four + sum.column_half_distance), offset);
      for (int r = 0; r < kRows; ++r) {
        std::int32_t four_of_row = 0;
        std::memcpy(&four_of_row, rows + r * kTileDepth + four * 2, sizeof(four_of_row));
        const __m512i row = _mm512_set1_epi32(four_of_row);
        sums[r][0] = _mm512_dpbusd_epi32(sums[r][0], first, row);
        sums[r][1] = _mm512_dpbusd_epi32(sums[r][1], second, row);
      }
    }
  }
  for (int r = 0; r < kRows; ++r) {
    const __m512i too_much = _mm512_set1_epi32(_mm512_reduce_add_epi32(excess[r]));
    for (int half = 0; half < 2; ++half) {
      _mm512_storeu_si512(result + (first_row + r) * kTileColumns + half * kHalfColumns,
                          _mm512_sub_epi32(sums[r][half], too_much));
    }
  }
}

void multiply(const TileSum& sum, int row_count, bool accumulate, float* result) {
  alignas(64) std::int32_t sums[kTileRows * kTileColumns];
  for (int row = 0; row < row_count; row += kRows) multiply_rows(sum, row, sums);
  add_scaled(sums, row_count * kTileColumns, sum.scale, accumulate, result);
}

struct BurnStep {
  static constexpr long kMultiplyAdds = 64;
  __m512i sum{};

  void operator()() {
    sum = _mm512_dpbusd_epi32(sum, __m512i{}, __m512i{});
    __asm__ volatile("" : "+v"(sum));
  }
};

void burn(long repetitions) {
  burn_steps<BurnStep>(repetitions);
}

}  // namespace avx512_vnni_products
}  // namespace
}  // namespace ftl::kernels

#endif
