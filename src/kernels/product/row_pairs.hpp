// Lays 32 rows out as columns, whatever loads the rows. For *_cpu.cpp files only.
#pragma once

#include "kernels/product/product.hpp"
#include "kernels/simd.hpp"

namespace ftl::kernels {
namespace {

// Where row `row` of two halves begins.
template <class T>
T* row_of(const Halves<T>& rows, int row) {
  return row < kHalfRows ? rows.first + row * kTileColumns : rows.second + (row - kHalfRows) * kTileColumns;
}

#if defined(__AVX512F__)

struct PlainRows {
  Halves<const bf16> rows;

  __m512i load(int row) const { return _mm512_loadu_si512(row_of(rows, row)); }
};

// Unpacking interleaves two rows within each quarter of a vector; the quarters are put in order afterwards.
template <class Rows>
inline void pair_rows_of(const Rows& rows, const Halves<bf16>& columns) {
  const __m512i first = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
  const __m512i second = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
#pragma GCC unroll 16
  for (int row = 0; row < kTileDepth; row += 2) {
    const __m512i a = rows.load(row);
    const __m512i b = rows.load(row + 1);
    const __m512i low = _mm512_unpacklo_epi16(a, b);
    const __m512i high = _mm512_unpackhi_epi16(a, b);
    _mm512_storeu_si512(columns.first + row * kHalfColumns, _mm512_permutex2var_epi64(low, first, high));
    _mm512_storeu_si512(columns.second + row * kHalfColumns, _mm512_permutex2var_epi64(low, second, high));
  }
}

#else

struct PlainRows {
  Halves<const bf16> rows;

  vuint load(int row, int column) const {
    return reinterpret_cast<vuint>(kernels::load(row_of(rows, row) + column));
  }
};

// A pair is one 32-bit number: the even row's value below, the odd row's above, where a row's values are
// loaded to.
template <class Rows>
inline void pair_rows_of(const Rows& rows, const Halves<bf16>& columns) {
  for (int row = 0; row < kTileDepth; row += 2) {
    for (int column = 0; column < kTileColumns; column += kLanes) {
      const vuint pairs = (rows.load(row, column) >> 16) | rows.load(row + 1, column);
      bf16* half = column < kHalfColumns ? columns.first : columns.second;
      store(reinterpret_cast<float*>(half + row * kHalfColumns + column % kHalfColumns * 2),
            reinterpret_cast<vfloat>(pairs));
    }
  }
}

#endif

}  // namespace
}  // namespace ftl::kernels
