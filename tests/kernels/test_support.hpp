// What kernel tests share: random tensors, the blocked layout, the error that bf16 storage allows, finite
// differences.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "kernels/activation/activation.hpp"
#include "machine/instruction_set.hpp"
#include "tensor/layout.hpp"

namespace ftl::kernels::test {

inline std::vector<Isa> usable_isas() {
  std::vector<Isa> isas;
  for (const IsaStatus& candidate : isa_candidates()) {
    if (candidate.usable) isas.push_back(candidate.isa);
  }
  return isas;
}

inline std::string isa_name(const testing::TestParamInfo<Isa>& info) {
  return std::string(name(info.param));
}

// Runs every TEST_P of `suite`, a TestWithParam<Isa>, on every ISA that this machine can run.
#define FTL_FOR_EVERY_ISA(suite)                                                               \
  INSTANTIATE_TEST_SUITE_P(Isa, suite, testing::ValuesIn(::ftl::kernels::test::usable_isas()), \
                           ::ftl::kernels::test::isa_name)

inline constexpr int kImageCounts[] = {1, 15, 16, 17, 31, 32};

// Values that bf16 holds exactly, so that a kernel and its reference start from the same numbers.
inline float rounded(float value) {
  return to_float(to_bf16(value));
}

inline std::vector<float> random_values(Random& random, std::int64_t count, float low = -1, float high = 1) {
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = rounded(random.uniform(low, high));
  return values;
}

inline std::vector<double> random_doubles(Random& random, std::int64_t count) {
  std::vector<double> values(static_cast<std::size_t>(count));
  for (double& value : values) value = static_cast<double>(random.uniform(-1, 1));
  return values;
}

inline std::vector<double> doubles(std::span<const float> values) {
  return {values.begin(), values.end()};
}

inline std::vector<bf16> blocked(const Shape& shape, int images, std::span<const float> plain) {
  std::vector<bf16> block(static_cast<std::size_t>(shape.block_elements()));
  to_blocked(shape, images, plain, block);
  return block;
}

inline std::vector<float> plain(const Shape& shape, int images, std::span<const bf16> block) {
  std::vector<float> values(static_cast<std::size_t>(shape.elements() * images));
  from_blocked(shape, images, block, values);
  return values;
}

// A block to be overwritten: whatever a kernel leaves alone shows up as NaN.
inline std::vector<bf16> unwritten(const Shape& shape) {
  return std::vector<bf16>(static_cast<std::size_t>(shape.block_elements()),
                           to_bf16(std::numeric_limits<float>::quiet_NaN()));
}

// Which image of its block element i belongs to.
inline int image_of(const Shape& shape, std::int64_t i) {
  return static_cast<int>(i / shape.half_elements()) * kHalfImages +
         static_cast<int>(i % kTileElements / kBlockChannels);
}

inline void fill_padding_images(const Shape& shape, int images, std::span<bf16> block, float value) {
  for (std::int64_t i = 0; i < shape.block_elements(); ++i) {
    if (image_of(shape, i) >= images) block[static_cast<std::size_t>(i)] = to_bf16(value);
  }
}

inline void poison_padding_images(const Shape& shape, int images, std::span<bf16> block) {
  fill_padding_images(shape, images, block, std::numeric_limits<float>::quiet_NaN());
}

inline void expect_zero_padding_images(const Shape& shape, int images, std::span<const bf16> block) {
  for (std::int64_t i = 0; i < shape.block_elements(); ++i) {
    if (image_of(shape, i) < images) continue;
    ASSERT_EQ(to_float(block[static_cast<std::size_t>(i)]), 0.0f) << "padding image at element " << i;
  }
}

inline void expect_zero_padding_channels(const Shape& shape, int images, std::span<const bf16> block) {
  for (std::int64_t i = 0; i < shape.block_elements(); ++i) {
    const std::int64_t channel_block = i / shape.plane_elements() % shape.channel_blocks();
    const std::int64_t channel = channel_block * kBlockChannels + i % kBlockChannels;
    if (channel < shape.channels || image_of(shape, i) >= images) continue;
    ASSERT_EQ(to_float(block[static_cast<std::size_t>(i)]), 0.0f) << "padding channel " << channel;
  }
}

// The most that rounding to bf16 (8 significant bits) and to fp32 (24) changes a value by, relatively.
inline constexpr double kBf16Rounding = 0x1p-8;
inline constexpr double kFloatRounding = 0x1p-24;

// How far an fp32 sum of `terms` terms, whose absolute values add up to `magnitude`, may be from the exact
// one: each product and each partial sum is rounded once, in any order.
inline double float_tolerance(double terms, double magnitude) {
  return (terms + 1) * kFloatRounding * magnitude + std::numeric_limits<float>::min();
}

// The same for a sum that is then stored in bf16.
inline double bf16_tolerance(double exact, double terms, double magnitude) {
  return kBf16Rounding * std::abs(exact) + 2 * float_tolerance(terms, magnitude);
}

// Checks d loss / d values against central differences, whose own error is below the tolerance for functions
// of moderate size and curvature. `loss` reads `values`.
template <class Loss>
void expect_gradient(std::span<double> values, std::span<const double> gradient, const Loss& loss) {
  constexpr double kStep = 1e-5;
  constexpr double kTolerance = 1e-7;
  ASSERT_EQ(values.size(), gradient.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double value = values[i];
    values[i] = value + kStep;
    const double above = loss();
    values[i] = value - kStep;
    const double below = loss();
    values[i] = value;
    const double difference = (above - below) / (2 * kStep);
    ASSERT_NEAR(gradient[i], difference, kTolerance * (1 + std::abs(difference))) << "element " << i;
  }
}

// What parabolas in place of an activation or its derivative add to the error (kernels/vector_math.hpp).
inline double parabola_error(ActivationKind kind, Isa isa) {
  return kind == ActivationKind::silu && isa >= Isa::avx512 ? 1.3e-4 : 0.0;
}

inline double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace ftl::kernels::test
