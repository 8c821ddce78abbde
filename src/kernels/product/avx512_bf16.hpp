// Products of bf16 by VDPBF16PS, which multiplies pairs and adds them to a sum. For *_cpu.cpp files only.
#pragma once

#if defined(__AVX512BF16__)

#include "kernels/product/burn.hpp"
#include "kernels/product/product.hpp"
#include "kernels/simd.hpp"

namespace ftl::kernels {
namespace {
namespace avx512_bf16_products {

constexpr int kRows = 8;

// kRows x 32 results in registers over all terms.
void multiply_rows(const TileSum& sum, int first_row, bool accumulate, float* result) {
  __m512 sums[kRows][2];
  float* rows_of_result = result + first_row * kTileColumns;
  for (int r = 0; r < kRows; ++r) {
    for (int half = 0; half < 2; ++half) {
      sums[r][half] =
          accumulate ? _mm512_loadu_ps(rows_of_result + r * kTileColumns + half * 16) : _mm512_setzero_ps();
    }
  }
  for (int t = 0; t < sum.term_count; ++t) {
    const bf16* rows = sum.rows + sum.terms[t].rows + first_row / kHalfRows * sum.row_half_distance +
                       first_row % kHalfRows * kTileDepth;
    const bf16* columns = sum.columns + sum.terms[t].columns;
    for (int pair = 0; pair < (sum.depth + 1) / 2; ++pair) {
      __m512bh column[2];
      std::memcpy(&column[0], columns + pair * 2 * kHalfColumns, 64);
      std::memcpy(&column[1], columns + sum.column_half_distance + pair * 2 * kHalfColumns, 64);
      for (int r = 0; r < kRows; ++r) {
        std::int32_t pair_of_row = 0;
        std::memcpy(&pair_of_row, rows + r * kTileDepth + pair * 2, sizeof(pair_of_row));
        const __m512bh row = reinterpret_cast<__m512bh>(_mm512_set1_epi32(pair_of_row));
        sums[r][0] = _mm512_dpbf16_ps(sums[r][0], row, column[0]);
        sums[r][1] = _mm512_dpbf16_ps(sums[r][1], row, column[1]);
      }
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int half = 0; half < 2; ++half) {
      _mm512_storeu_ps(rows_of_result + r * kTileColumns + half * 16, sums[r][half]);
    }
  }
}

void multiply(const TileSum& sum, int row_count, bool accumulate, float* result) {
  for (int row = 0; row < row_count; row += kRows) multiply_rows(sum, row, accumulate, result);
}

struct BurnStep {
  static constexpr long kMultiplyAdds = 32;
  __m512 sum{};

  void operator()() {
    sum = _mm512_dpbf16_ps(sum, __m512bh{}, __m512bh{});
    __asm__ volatile("" : "+v"(sum));
  }
};

void burn(long repetitions) {
  burn_steps<BurnStep>(repetitions);
}

}  // namespace avx512_bf16_products
}  // namespace
}  // namespace ftl::kernels

#endif
