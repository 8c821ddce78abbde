// Lays numbers out as operands of products. For *_cpu.cpp files only.
#pragma once

#include "kernels/product/product.hpp"
#include "kernels/product/row_pairs.hpp"
#include "kernels/product/word_transpose.hpp"
#include "kernels/simd.hpp"

namespace ftl::kernels {
namespace {

void pack_rows(const float* values, std::int64_t stride, bf16* rows) {
  for (int row = 0; row < kTileRows; ++row) {
    for (int k = 0; k < kTileDepth; k += kLanes) {
      store(rows + row * kTileDepth + k, load(values + row * stride + k));
    }
  }
}

void pair_rows(const Halves<const bf16>& rows, const Halves<bf16>& columns) {
  pair_rows_of(PlainRows{rows}, columns);
}

// A row's neighbours are one element of 32 bits.
void pair_columns(const Halves<const bf16>& rows, const Halves<bf16>& columns) {
  transpose_words(rows.first, columns.first);
  transpose_words(rows.second, columns.second);
}

#if defined(__AVX512F__)

// A pair of rows is one row of 32-bit elements, and transposing those gives the rows' pairs in a column's
// order.
void transpose(const Halves<const bf16>& rows, const Halves<bf16>& to) {
  alignas(64) bf16 pairs[kOperand];
  pair_rows(rows, {pairs, pairs + kHalfOperand});
  for (int half = 0; half < 2; ++half) {
    transpose_words(pairs + half * kHalfOperand, half == 0 ? to.first : to.second);
  }
}

#else

void transpose(const Halves<const bf16>& rows, const Halves<bf16>& to) {
  for (int k = 0; k < kTileDepth; ++k) {
    bf16* transposed = (k < kHalfRows ? to.first : to.second) + k % kHalfRows * kTileRows;
    for (int row = 0; row < kHalfRows; ++row) {
      transposed[row] = rows.first[row * kTileDepth + k];
      transposed[kHalfRows + row] = rows.second[row * kTileDepth + k];
    }
  }
}

#endif

}  // namespace
}  // namespace ftl::kernels
