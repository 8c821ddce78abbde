// Transposes a tile of 16 x 16 elements of 32 bits. For *_cpu.cpp files only.
#pragma once

#include "kernels/product/product.hpp"
#include "kernels/simd.hpp"

namespace ftl::kernels {
namespace {

#if defined(__AVX512F__)

struct Rows16 {
  __m512i row[16];
};

// 16 x 16 elements of 32 bits, in four rounds that exchange ever larger blocks.
inline void transpose16(Rows16& m) {
  Rows16 t;
  for (int i = 0; i < 16; i += 2) {
    t.row[i] = _mm512_unpacklo_epi32(m.row[i], m.row[i + 1]);
    t.row[i + 1] = _mm512_unpackhi_epi32(m.row[i], m.row[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    m.row[i] = _mm512_unpacklo_epi64(t.row[i], t.row[i + 2]);
    m.row[i + 1] = _mm512_unpackhi_epi64(t.row[i], t.row[i + 2]);
    m.row[i + 2] = _mm512_unpacklo_epi64(t.row[i + 1], t.row[i + 3]);
    m.row[i + 3] = _mm512_unpackhi_epi64(t.row[i + 1], t.row[i + 3]);
  }
  for (int i = 0; i < 16; i += 8) {
    for (int j = 0; j < 4; ++j) {
      t.row[i + j] = _mm512_shuffle_i32x4(m.row[i + j], m.row[i + j + 4], 0x88);
      t.row[i + j + 4] = _mm512_shuffle_i32x4(m.row[i + j], m.row[i + j + 4], 0xdd);
    }
  }
  for (int j = 0; j < 8; ++j) {
    m.row[j] = _mm512_shuffle_i32x4(t.row[j], t.row[j + 8], 0x88);
    m.row[j + 8] = _mm512_shuffle_i32x4(t.row[j], t.row[j + 8], 0xdd);
  }
}

inline void transpose_words(const bf16* from, bf16* to) {
  Rows16 m;
  for (int row = 0; row < 16; ++row) m.row[row] = _mm512_loadu_si512(from + row * kTileDepth);
  transpose16(m);
  for (int row = 0; row < 16; ++row) _mm512_storeu_si512(to + row * kTileDepth, m.row[row]);
}

#else

inline void transpose_words(const bf16* from, bf16* to) {
  for (int row = 0; row < 16; ++row) {
    for (int column = 0; column < 16; ++column) {
      std::memcpy(to + column * kTileDepth + 2 * row, from + row * kTileDepth + 2 * column, 4);
    }
  }
}

#endif

}  // namespace
}  // namespace ftl::kernels
