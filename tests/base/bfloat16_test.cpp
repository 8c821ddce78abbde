#include "base/bfloat16.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.hpp"

namespace ftl {
namespace {

// What rounding to nearest, ties to even, means: of the two bf16 values around a finite one the closer, or
// the one with an even last bit. The value after the largest finite one counts as 2^128 and stands for
// infinity.
std::uint16_t nearest_by_definition(float value) {
  const auto below = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16);
  const auto above = static_cast<std::uint16_t>(below + 1);
  const auto magnitude = [](std::uint16_t bits) {
    if ((bits & 0x7fffu) == 0x7f80u) return std::ldexp(1.0, 128);
    return std::fabs(double{to_float(bf16{bits})});
  };
  const double to_below = std::fabs(double{value}) - magnitude(below);
  const double to_above = magnitude(above) - std::fabs(double{value});
  if (to_below == to_above) return below % 2 == 0 ? below : above;
  return to_below < to_above ? below : above;
}

TEST(Bfloat16, RoundsToNearestTiesToEvenOverManyBitPatterns) {
  Random random(1, RandomPurpose::test);
  for (int i = 0; i < 2'000'000; ++i) {
    const std::uint32_t bits = random.next();
    const auto value = std::bit_cast<float>(bits);
    if (!std::isfinite(value)) continue;
    ASSERT_EQ(to_bf16(value).bits, nearest_by_definition(value)) << std::hex << bits;
  }
}

TEST(Bfloat16, RoundsTiesAndTheirNeighboursOfEveryExponent) {
  for (std::uint32_t upper = 0; upper < 0x10000u; ++upper) {
    for (const std::uint32_t lower : {0x0000u, 0x0001u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu}) {
      const auto value = std::bit_cast<float>((upper << 16) | lower);
      if (!std::isfinite(value)) continue;
      ASSERT_EQ(to_bf16(value).bits, nearest_by_definition(value)) << std::hex << upper << ' ' << lower;
    }
  }
}

TEST(Bfloat16, KeepsEveryStoredValue) {
  for (std::uint32_t bits = 0; bits < 0x10000u; ++bits) {
    const bf16 value{static_cast<std::uint16_t>(bits)};
    if (std::isnan(to_float(value))) continue;
    ASSERT_EQ(to_bf16(to_float(value)), value) << std::hex << bits;
  }
}

TEST(Bfloat16, KeepsInfinitiesAndOverflowsToThem) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(to_float(to_bf16(kInfinity)), kInfinity);
  EXPECT_EQ(to_float(to_bf16(-kInfinity)), -kInfinity);
  EXPECT_EQ(to_float(to_bf16(std::numeric_limits<float>::max())), kInfinity);
  EXPECT_EQ(to_float(to_bf16(std::numeric_limits<float>::lowest())), -kInfinity);
}

TEST(Bfloat16, KeepsEveryNanANan) {
  for (std::uint32_t fraction = 1; fraction < 0x800000u; fraction += 1 + fraction / 3) {
    for (const std::uint32_t sign : {0u, 0x80000000u}) {
      const auto nan = std::bit_cast<float>(sign | 0x7f800000u | fraction);
      ASSERT_TRUE(std::isnan(to_float(to_bf16(nan)))) << std::hex << fraction;
    }
  }
}

}  // namespace
}  // namespace ftl
