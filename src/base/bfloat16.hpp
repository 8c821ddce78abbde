// bfloat16: the upper half of an IEEE float. The storage type of weights in use, activations and gradients.
#pragma once

#include <bit>
#include <cstdint>

namespace ftl {

struct bf16 {
  std::uint16_t bits;

  friend bool operator==(bf16, bf16) = default;
};

inline float to_float(bf16 value) {
  return std::bit_cast<float>(std::uint32_t{value.bits} << 16);
}

// Rounds to nearest, ties to even. A NaN stays a (quiet) NaN.
inline bf16 to_bf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return {static_cast<std::uint16_t>((bits >> 16) | 0x40u)};
  return {static_cast<std::uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16)};
}

}  // namespace ftl
