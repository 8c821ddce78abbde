// Products of bf16 and of 8-bit integers by AMX tiles. For *_cpu.cpp files only.
#pragma once

#if defined(__AMX_BF16__) && defined(__AMX_INT8__)

#include "kernels/product/amx_tiles.hpp"
#include "kernels/product/product.hpp"
#include "kernels/product/scaled_sums.hpp"

namespace ftl::kernels {
namespace {
namespace amx_products {

void begin() {
  _tile_loadconfig(&kTiles);
}
void end() {
  _tile_release();
}
void add_first_halves(const TileSum& sum) {
  Nowhere nowhere;
  for (int t = 0; t < sum.term_count; ++t) {
    if (t % kAwakeTerms == kAwakeTerms - 1) keep_stores_awake(nowhere);
    const bf16* columns = sum.columns + sum.terms[t].columns;
    _tile_loadd(6, columns, kStride);
    _tile_loadd(4, sum.rows + sum.terms[t].rows, kStride);
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(7, columns + sum.column_half_distance, kStride);
    _tile_dpbf16ps(1, 4, 7);
  }
}

template <bool int8>
void add_terms(const TileSum& sum) {
  Nowhere nowhere;
  for (int t = 0; t < sum.term_count; ++t) {
    if (t % kAwakeTerms == kAwakeTerms - 1) keep_stores_awake(nowhere);
    const bf16* rows = sum.rows + sum.terms[t].rows;
    const bf16* columns = sum.columns + sum.terms[t].columns;
    _tile_loadd(6, columns, kStride);
    _tile_loadd(4, rows, kStride);
    FTL_ADD_PRODUCT(0, 4, 6)
    _tile_loadd(7, columns + sum.column_half_distance, kStride);
    FTL_ADD_PRODUCT(1, 4, 7)
    _tile_loadd(5, rows + sum.row_half_distance, kStride);
    FTL_ADD_PRODUCT(2, 5, 6)
    FTL_ADD_PRODUCT(3, 5, 7)
  }
}

void multiply_int8(const TileSum& sum, int row_count, bool accumulate, float* result) {
  alignas(64) std::int32_t sums[kTileRows * kTileColumns];
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  add_terms<true>(sum);
  _tile_stored(0, sums, kResultStride);
  _tile_stored(1, sums + kHalfRows, kResultStride);
  _tile_stored(2, sums + kHalfRows * kTileColumns, kResultStride);
  _tile_stored(3, sums + kHalfRows * kTileColumns + kHalfRows, kResultStride);
  add_scaled(sums, row_count * kTileColumns, sum.scale, accumulate, result);
}

void multiply_bf16(const TileSum& sum, int row_count, bool accumulate, float* result) {
  const bool both_halves = row_count > kHalfRows;
  if (accumulate) {
    _tile_loadd(0, result, kResultStride);
    _tile_loadd(1, result + kHalfRows, kResultStride);
    if (both_halves) {
      _tile_loadd(2, result + kHalfRows * kTileColumns, kResultStride);
      _tile_loadd(3, result + kHalfRows * kTileColumns + kHalfRows, kResultStride);
    }
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  if (!both_halves) {
    add_first_halves(sum);
  } else {
    add_terms<false>(sum);
  }
  _tile_stored(0, result, kResultStride);
  _tile_stored(1, result + kHalfRows, kResultStride);
  if (both_halves) {
    _tile_stored(2, result + kHalfRows * kTileColumns, kResultStride);
    _tile_stored(3, result + kHalfRows * kTileColumns + kHalfRows, kResultStride);
  }
}

void burn(long repetitions) {
  begin();
  for (long i = 0; i < repetitions; ++i) {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  end();
}

// A tile of integers is twice as deep: half as many instructions for as many products.
void burn_int8(long repetitions) {
  begin();
  for (long i = 0; i < repetitions; i += 2) {
    _tile_dpbssd(0, 4, 6);
    _tile_dpbssd(1, 4, 7);
    _tile_dpbssd(2, 5, 6);
    _tile_dpbssd(3, 5, 7);
  }
  end();
}

}  // namespace amx_products
}  // namespace
}  // namespace ftl::kernels

#endif
