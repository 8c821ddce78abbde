// Products of 8-bit integers by VPDPBUSD on 256-bit vectors (AVX-VNNI), which multiplies fours and adds them
// to a sum of 32 bits. For *_cpu.cpp files only.
#pragma once

#if defined(__AVXVNNI__)

#include "kernels/product/burn.hpp"
#include "kernels/product/product.hpp"
#include "kernels/product/scaled_sums.hpp"
#include "kernels/simd.hpp"

namespace ftl::kernels {
namespace {
namespace avx_vnni_products {

constexpr int kRows = 4;
constexpr int kVectorColumns = 8;

// 128 times the sum of each row's integers: what columns that are taken 128 larger add too much. The
// instruction multiplies unsigned by signed numbers.
void sum_rows(const TileSum& sum, int row_count, std::int32_t* excess) {
  const __m256i offset = _mm256_set1_epi8(static_cast<char>(-128));
  for (int row = 0; row < row_count; ++row) {
    __m256i total = _mm256_setzero_si256();
    for (int t = 0; t < sum.term_count; ++t) {
      const bf16* integers = sum.rows + sum.terms[t].rows + row / kHalfRows * sum.row_half_distance +
                             row % kHalfRows * kTileDepth;
      for (int part = 0; part < kTileDepth; part += 16) {
        const auto* from = reinterpret_cast<const __m256i*>(integers + part);
        total = _mm256_dpbusd_avx_epi32(total, offset, _mm256_loadu_si256(from));
      }
    }
    const __m128i half = _mm_add_epi32(_mm256_castsi256_si128(total), _mm256_extracti128_si256(total, 1));
    const __m128i quarter = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
    excess[row] = _mm_cvtsi128_si32(_mm_add_epi32(quarter, _mm_shuffle_epi32(quarter, 0xb1)));
  }
}

// kRows x 16 results, one half of the columns, in registers over all terms. Sums wrap around as those of
// 32-bit integers do, so what is added and taken off cannot overflow.
void multiply_half(const TileSum& sum, int first_row, int half, const std::int32_t* excess,
                   std::int32_t* result) {
  const __m256i offset = _mm256_set1_epi8(static_cast<char>(-128));
  __m256i sums[kRows][2];
  for (int r = 0; r < kRows; ++r) sums[r][0] = sums[r][1] = _mm256_set1_epi32(-excess[first_row + r]);
  for (int t = 0; t < sum.term_count; ++t) {
    const bf16* rows = sum.rows + sum.terms[t].rows + first_row / kHalfRows * sum.row_half_distance +
                       first_row % kHalfRows * kTileDepth;
    const bf16* columns = sum.columns + sum.terms[t].columns + half * sum.column_half_distance;
    for (int four = 0; four < kInt8Depth / kInt8Neighbours; ++four) {
      const auto* of_four = reinterpret_cast<const __m256i*>(columns + four * 2 * kHalfColumns);
      const __m256i first = _mm256_xor_si256(_mm256_loadu_si256(of_four), offset);
      const __m256i second = _mm256_xor_si256(_mm256_loadu_si256(of_four + 1), offset);
      for (int r = 0; r < kRows; ++r) {
        std::int32_t four_of_row = 0;
        std::memcpy(&four_of_row, rows + r * kTileDepth + four * 2, sizeof(four_of_row));
        const __m256i row = _mm256_set1_epi32(four_of_row);
        sums[r][0] = _mm256_dpbusd_avx_epi32(sums[r][0], first, row);
        sums[r][1] = _mm256_dpbusd_avx_epi32(sums[r][1], second, row);
      }
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int vector = 0; vector < 2; ++vector) {
      std::int32_t* to =
          result + (first_row + r) * kTileColumns + half * kHalfColumns + vector * kVectorColumns;
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), sums[r][vector]);
    }
  }
}

void multiply(const TileSum& sum, int row_count, bool accumulate, float* result) {
  alignas(64) std::int32_t sums[kTileRows * kTileColumns];
  alignas(64) std::int32_t excess[kTileRows] = {};
  sum_rows(sum, row_count, excess);
  for (int half = 0; half < 2; ++half) {
    for (int row = 0; row < row_count; row += kRows) multiply_half(sum, row, half, excess, sums);
  }
  add_scaled(sums, row_count * kTileColumns, sum.scale, accumulate, result);
}

struct BurnStep {
  static constexpr long kMultiplyAdds = 32;
  __m256i sum{};

  void operator()() {
    sum = _mm256_dpbusd_avx_epi32(sum, __m256i{}, __m256i{});
    __asm__ volatile("" : "+x"(sum));
  }
};

void burn(long repetitions) {
  burn_steps<BurnStep>(repetitions);
}

}  // namespace avx_vnni_products
}  // namespace
}  // namespace ftl::kernels

#endif
