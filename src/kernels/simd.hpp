// The tiny vector type that kernel bodies (*_cpu.cpp) are written in. One body, compiled once per ISA: the width
// of a vector is the ISA's own, everything else is the compiler's vector extension and lowers to its instructions.
//
// For *_cpu.cpp files only. They are compiled with flags that other machines may not run, so everything here has
// internal linkage (the linker must never pick an AVX-512 copy of a function for the generic path), and they use no
// standard-library templates.
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

inline vfloat broadcast(float value) { return vfloat{} + value; }

inline vfloat load(const float* from) {
  vfloat value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

inline void store(float* to, vfloat value) { std::memcpy(to, &value, sizeof(value)); }

inline vfloat load(const bf16* from) {
  vushort bits;
  std::memcpy(&bits, from, sizeof(bits));
  return reinterpret_cast<vfloat>(__builtin_convertvector(bits, vuint) << 16);
}

// Rounds to nearest, ties to even; value must not be NaN with a payload in its low half only.
inline void store(bf16* to, vfloat value) {
#if defined(__AVX512BF16__)
  const __m256bh rounded = _mm512_cvtneps_pbh(reinterpret_cast<__m512>(value));
  std::memcpy(to, &rounded, sizeof(rounded));
#else
  const vuint bits = reinterpret_cast<vuint>(value);
  const vuint rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  const vushort narrow = __builtin_convertvector(rounded, vushort);
  std::memcpy(to, &narrow, sizeof(narrow));
#endif
}

inline vfloat select(vint mask, vfloat if_true, vfloat if_false) { return mask ? if_true : if_false; }
inline vfloat maximum(vfloat a, vfloat b) { return a > b ? a : b; }
inline vfloat minimum(vfloat a, vfloat b) { return a < b ? a : b; }

}  // namespace
}  // namespace ftl::kernels
