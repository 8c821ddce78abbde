// Products of bf16 by fp32 multiply-adds, of the vectors that an instruction set has: any has them. For
// *_cpu.cpp files only.
#pragma once

#include "kernels/product/burn.hpp"
#include "kernels/product/product.hpp"
#include "kernels/simd.hpp"

namespace ftl::kernels {
namespace {
namespace fp32_products {

// Registers hold kRows x kVectors results: as many as the ISA's register file allows beside the operands.
#if defined(__AVX512F__)
constexpr int kRows = 8;
#else
constexpr int kRows = 4;
#endif
constexpr int kVectors = 2;

struct WideTerm {
  alignas(64) float rows[kTileRows * kTileDepth];
  alignas(64) float columns[kTileDepth * kTileColumns];
};

// bf16 to fp32 once a term, rather than once a use.
void widen(const TileSum& sum, const TileTerm& term, int row_count, WideTerm& wide) {
  const bf16* rows = sum.rows + term.rows;
  const bf16* columns = sum.columns + term.columns;
  for (int i = 0; i < kHalfOperand; i += kLanes) store(wide.rows + i, load(rows + i));
  for (int i = 0; i < kHalfOperand && row_count > kHalfRows; i += kLanes) {
    store(wide.rows + kHalfOperand + i, load(rows + sum.row_half_distance + i));
  }
  for (int half = 0; half < 2; ++half) {
    for (int pair = 0; pair < (sum.depth + 1) / 2; ++pair) {
      for (int n = 0; n < kHalfColumns; n += kLanes) {
        vuint words;
        std::memcpy(&words, columns + half * sum.column_half_distance + (pair * kHalfColumns + n) * 2,
                    sizeof(words));
        float* to = wide.columns + 2 * pair * kTileColumns + half * kHalfColumns + n;
        store(to, reinterpret_cast<vfloat>(words << 16));
        store(to + kTileColumns, reinterpret_cast<vfloat>(words & 0xffff0000u));
      }
    }
  }
}

void add_product(const WideTerm& wide, int depth, int first_row, int first_column, float* result) {
  vfloat sums[kRows][kVectors];
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) {
      sums[r][v] = load(result + (first_row + r) * kTileColumns + first_column + v * kLanes);
    }
  }
  for (int k = 0; k < depth; ++k) {
    vfloat column[kVectors];
    for (int v = 0; v < kVectors; ++v)
      column[v] = load(wide.columns + k * kTileColumns + first_column + v * kLanes);
    for (int r = 0; r < kRows; ++r) {
      const vfloat row = broadcast(wide.rows[(first_row + r) * kTileDepth + k]);
      for (int v = 0; v < kVectors; ++v) sums[r][v] += row * column[v];
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) {
      store(result + (first_row + r) * kTileColumns + first_column + v * kLanes, sums[r][v]);
    }
  }
}

void multiply(const TileSum& sum, int row_count, bool accumulate, float* result) {
  if (!accumulate) std::memset(result, 0, sizeof(float) * kTileRows * kTileColumns);
  WideTerm wide;
  for (int t = 0; t < sum.term_count; ++t) {
    widen(sum, sum.terms[t], row_count, wide);
    for (int column = 0; column < kTileColumns; column += kVectors * kLanes) {
      for (int row = 0; row < row_count; row += kRows) add_product(wide, sum.depth, row, column, result);
    }
  }
}

struct BurnStep {
  static constexpr long kMultiplyAdds = kLanes;
  vfloat sum{};

  void operator()() {
    sum = sum * sum + sum;
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

}  // namespace fp32_products
}  // namespace
}  // namespace ftl::kernels
