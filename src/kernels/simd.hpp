// The tiny vector type that kernel bodies (*_cpu.cpp) are written in. One body, compiled once per ISA: the
// width of a vector is the ISA's own, everything else is the compiler's vector extension and lowers to its
// instructions, but for the few intrinsics where GCC 12 makes several instructions of what is one.
//
// For *_cpu.cpp files only. They are compiled with flags that other machines may not run, so everything here
// has internal linkage (the linker must never pick an AVX-512 copy of a function for the generic path), and
// they use no standard-library templates.
#pragma once

#include <cstdint>
#include <cstring>

#include "base/bfloat16.hpp"

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

namespace ftl::kernels {
namespace {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX2__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif

using vfloat = float __attribute__((vector_size(kLanes * 4)));
using vint = std::int32_t __attribute__((vector_size(kLanes * 4)));
using vuint = std::uint32_t __attribute__((vector_size(kLanes * 4)));
using vushort = std::uint16_t __attribute__((vector_size(kLanes * 2)));

#if defined(__AVX512F__)
// For the zero-masked forms of intrinsics, which mean the same with it: GCC 12 warns about an uninitialised
// operand in its own unmasked ones.
constexpr __mmask16 kAllLanes = 0xffff;
#endif

// Minus zero rather than plus: only that leaves every value as it is, so that the compiler drops it.
inline vfloat broadcast(float value) {
  return value - vfloat{};
}

inline vfloat load(const float* from) {
  vfloat value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

inline void store(float* to, vfloat value) {
  std::memcpy(to, &value, sizeof(value));
}

inline vfloat load(const bf16* from) {
#if defined(__AVX512F__)
  const auto widened = reinterpret_cast<vuint>(
      _mm512_maskz_cvtepu16_epi32(kAllLanes, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))));
#elif defined(__AVX2__)
  const auto widened =
      reinterpret_cast<vuint>(_mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))));
#else
  vushort bits;
  std::memcpy(&bits, from, sizeof(bits));
  const vuint widened = __builtin_convertvector(bits, vuint);
#endif
  return reinterpret_cast<vfloat>(widened << 16);
}

// Rounds to nearest, ties to even; value must not be NaN with a payload in its low half only.
inline void store(bf16* to, vfloat value) {
#if defined(__AVX512BF16__)
  const __m256bh rounded = _mm512_cvtneps_pbh(reinterpret_cast<__m512>(value));
  std::memcpy(to, &rounded, sizeof(rounded));
#else
  const vuint bits = reinterpret_cast<vuint>(value);
  const vuint rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
#if defined(__AVX512F__)
  const __m256i narrow = _mm512_maskz_cvtepi32_epi16(kAllLanes, reinterpret_cast<__m512i>(rounded));
#elif defined(__AVX2__)
  const auto halves = reinterpret_cast<__m256i>(rounded);
  const __m128i narrow =
      _mm_packus_epi32(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1));
#else
  const vushort narrow = __builtin_convertvector(rounded, vushort);
#endif
  std::memcpy(to, &narrow, sizeof(narrow));
#endif
}

// Two vectors to 2 * kLanes consecutive values.
inline void store(bf16* to, vfloat first, vfloat second) {
#if defined(__AVX512BF16__)
  const __m512bh rounded =
      _mm512_cvtne2ps_pbh(reinterpret_cast<__m512>(second), reinterpret_cast<__m512>(first));
  std::memcpy(to, &rounded, sizeof(rounded));
#else
  store(to, first);
  store(to + kLanes, second);
#endif
}

inline vfloat select(vint mask, vfloat if_true, vfloat if_false) {
  return mask ? if_true : if_false;
}

// a > b ? a : b, and so b where one is NaN; minimum alike.
inline vfloat maximum(vfloat a, vfloat b) {
#if defined(__AVX512F__)
  return reinterpret_cast<vfloat>(
      _mm512_maskz_max_ps(kAllLanes, reinterpret_cast<__m512>(a), reinterpret_cast<__m512>(b)));
#else
  return a > b ? a : b;
#endif
}

inline vfloat minimum(vfloat a, vfloat b) {
#if defined(__AVX512F__)
  return reinterpret_cast<vfloat>(
      _mm512_maskz_min_ps(kAllLanes, reinterpret_cast<__m512>(a), reinterpret_cast<__m512>(b)));
#else
  return a < b ? a : b;
#endif
}

}  // namespace
}  // namespace ftl::kernels
