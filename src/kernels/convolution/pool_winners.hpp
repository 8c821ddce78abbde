// Tiles of the gradient before a 2x2 max-pool. For *_cpu.cpp files only.
#pragma once

#include "kernels/product/row_pairs.hpp"
#include "kernels/simd.hpp"
#include "tensor/layout.hpp"

namespace ftl::kernels {
namespace {

// Of a window, and one of its positions.
struct PoolGradient {
  Halves<const bf16> dy;
  Halves<const std::uint8_t> argmax;
  int candidate;
};

#if defined(__AVX512F__)

// 32 values of dy where `candidate` won, else 0.
inline __m512i load_winners(const bf16* dy, const std::uint8_t* argmax, int candidate) {
  const __m256i which = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(argmax));
  const __mmask32 wins = _mm256_cmpeq_epi8_mask(which, _mm256_set1_epi8(static_cast<char>(candidate)));
  return _mm512_maskz_loadu_epi16(wins, dy);
}

// What of a pool's gradient goes to the window's position `candidate`: to[i] = dy[i] where it won, else 0.
inline void keep_winners(const bf16* dy, const std::uint8_t* argmax, int candidate, bf16* to) {
  for (int i = 0; i < kTileElements; i += kBlockChannels) {
    _mm512_storeu_si512(to + i, load_winners(dy + i, argmax + i, candidate));
  }
}

struct WinningRows {
  const PoolGradient& of;

  __m512i load(int row) const {
    return load_winners(row_of(of.dy, row), row_of(of.argmax, row), of.candidate);
  }
};

// Lays out what goes to `candidate` of both halves of the images as columns.
inline void pair_winners(const PoolGradient& gradient, const Halves<bf16>& columns) {
  pair_rows_of(WinningRows{gradient}, columns);
}

#else

inline void keep_winners(const bf16* dy, const std::uint8_t* argmax, int candidate, bf16* to) {
  for (int i = 0; i < kTileElements; ++i) {
    to[i].bits = argmax[i] == candidate ? dy[i].bits : std::uint16_t{0};
  }
}

inline void pair_winners(const PoolGradient& gradient, const Halves<bf16>& columns) {
  bf16 halves[2][kTileElements];
  keep_winners(gradient.dy.first, gradient.argmax.first, gradient.candidate, halves[0]);
  keep_winners(gradient.dy.second, gradient.argmax.second, gradient.candidate, halves[1]);
  pair_rows_of(PlainRows{{halves[0], halves[1]}}, columns);
}

#endif

}  // namespace
}  // namespace ftl::kernels
