// Products of 8-bit integers as those of 16-bit ones, by VPMADDWD where there is one: it multiplies pairs and
// adds both products, exactly, where VPMADDUBSW of bytes would saturate. For *_cpu.cpp files only.
#pragma once

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "kernels/product/burn.hpp"
#include "kernels/product/product.hpp"
#include "kernels/product/scaled_sums.hpp"
#include "kernels/simd.hpp"

namespace ftl::kernels {
namespace {
namespace int16_pair_products {

// Registers hold kRows x kVectors sums: as many as the register file allows beside the operands.
#if defined(__AVX512BW__)
constexpr int kRows = 8;
#else
constexpr int kRows = 4;
#endif
constexpr int kVectors = 2;

using vshort16 = std::int16_t __attribute__((vector_size(kLanes * 4)));

// a.even * b.even + a.odd * b.odd in each element of 32 bits.
inline vint multiply_pairs(vint a, vint b) {
#if defined(__AVX512BW__)
  return reinterpret_cast<vint>(
      _mm512_madd_epi16(reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
#elif defined(__AVX2__)
  return reinterpret_cast<vint>(
      _mm256_madd_epi16(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b)));
#elif defined(__SSE2__)
  return reinterpret_cast<vint>(_mm_madd_epi16(reinterpret_cast<__m128i>(a), reinterpret_cast<__m128i>(b)));
#else
  return (a << 16 >> 16) * (b << 16 >> 16) + (a >> 16) * (b >> 16);
#endif
}

#if defined(__SSE2__)
constexpr ProductRate kRate{"VPMADDWD", 2, 2};
#else
constexpr ProductRate kRate{"16-bit multiply-add", 2, 1};
#endif

// Of each four neighbours in depth, one element of 32 bits, the first and the third as a pair of 16 bits, and
// the second and the fourth. Which two are a pair does not matter, as long as rows and columns agree.
struct Pairs {
  vint even;
  vint odd;
};
inline Pairs pairs_of(const void* fours) {
  vshort16 bytes;
  std::memcpy(&bytes, fours, sizeof(bytes));
  return {reinterpret_cast<vint>(bytes << 8 >> 8), reinterpret_cast<vint>(bytes >> 8)};
}

constexpr int kFours = kInt8Depth / kInt8Neighbours;

// A term's operands: once a term, rather than once a use.
struct WideTerm {
  alignas(64) std::int32_t rows[kTileRows][2][kFours];
  alignas(64) std::int32_t columns[kFours][2][kTileColumns];
};

void widen(const TileSum& sum, const TileTerm& term, int row_count, WideTerm& wide) {
  for (int row = 0; row < row_count; ++row) {
    const bf16* from =
        sum.rows + term.rows + row / kHalfRows * sum.row_half_distance + row % kHalfRows * kTileDepth;
    for (int four = 0; four < kFours; four += kLanes) {
      const Pairs pairs = pairs_of(from + 2 * four);
      std::memcpy(wide.rows[row][0] + four, &pairs.even, sizeof(pairs.even));
      std::memcpy(wide.rows[row][1] + four, &pairs.odd, sizeof(pairs.odd));
    }
  }
  for (int half = 0; half < 2; ++half) {
    const bf16* from = sum.columns + term.columns + half * sum.column_half_distance;
    for (int four = 0; four < kFours; ++four) {
      for (int n = 0; n < kHalfColumns; n += kLanes) {
        const Pairs pairs = pairs_of(from + 2 * (four * kHalfColumns + n));
        std::memcpy(wide.columns[four][0] + half * kHalfColumns + n, &pairs.even, sizeof(pairs.even));
        std::memcpy(wide.columns[four][1] + half * kHalfColumns + n, &pairs.odd, sizeof(pairs.odd));
      }
    }
  }
}

void add_product(const WideTerm& wide, int first_row, int first_column, std::int32_t* result) {
  vint sums[kRows][kVectors];
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) {
      std::memcpy(&sums[r][v], result + (first_row + r) * kTileColumns + first_column + v * kLanes,
                  sizeof(vint));
    }
  }
  for (int four = 0; four < kFours; ++four) {
    for (int pair = 0; pair < 2; ++pair) {
      vint column[kVectors];
      for (int v = 0; v < kVectors; ++v) {
        std::memcpy(&column[v], wide.columns[four][pair] + first_column + v * kLanes, sizeof(vint));
      }
      for (int r = 0; r < kRows; ++r) {
        const vint row = vint{} + wide.rows[first_row + r][pair][four];
        for (int v = 0; v < kVectors; ++v) sums[r][v] += multiply_pairs(row, column[v]);
      }
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) {
      std::memcpy(result + (first_row + r) * kTileColumns + first_column + v * kLanes, &sums[r][v],
                  sizeof(vint));
    }
  }
}

void multiply(const TileSum& sum, int row_count, bool accumulate, float* result) {
  alignas(64) std::int32_t sums[kTileRows * kTileColumns] = {};
  WideTerm wide;
  for (int t = 0; t < sum.term_count; ++t) {
    // A group of rows is multiplied whole.
    const int rows = (row_count + kRows - 1) / kRows * kRows;
    widen(sum, sum.terms[t], rows, wide);
    for (int column = 0; column < kTileColumns; column += kVectors * kLanes) {
      for (int row = 0; row < row_count; row += kRows) add_product(wide, row, column, sums);
    }
  }
  add_scaled(sums, row_count * kTileColumns, sum.scale, accumulate, result);
}

struct BurnStep {
  static constexpr long kMultiplyAdds = 2 * kLanes;
  vint sum{};

  void operator()() {
    sum += multiply_pairs(sum, sum);
#if defined(__AVX512F__)
    __asm__ volatile("" : "+v"(sum));
#elif defined(__x86_64__)
    __asm__ volatile("" : "+x"(sum));
#else
    __asm__ volatile("" : "+w"(sum));
#endif
  }
};

void burn(long repetitions) {
  burn_steps<BurnStep>(repetitions);
}

}  // namespace int16_pair_products
}  // namespace
}  // namespace ftl::kernels
