#include "kernels/batch_norm/batch_norm.hpp"

#include <algorithm>
#include <limits>

#include "kernels/registry.hpp"
#include "kernels/test_support.hpp"

namespace ftl::kernels {
namespace {

using namespace test;

constexpr Shape kShapes[] = {{1, 1, 1}, {3, 35, 2}, {24, 5, 7}, {33, 3, 3}, {64, 9, 5}, {100, 1, 2}};
constexpr double kEps = 1e-5;
constexpr double kActivationError =
    2e-5;  // absolute error of the approximated derivatives, see activation_test.cpp

std::vector<double> ones(std::size_t count) {
  return std::vector<double>(count, 1.0);
}

TEST(BatchNormReference, NormalisesEachChannel) {
  Random random(1, RandomPurpose::test);
  const BatchNormReference<double> norm{4, 2, 6, 0.0};
  std::vector<double> x = random_doubles(random, 48);
  for (double& value : x) value = 3 * value + 5;
  const std::vector<double> gamma{1, 2};
  const std::vector<double> beta{0, -1};
  std::vector<double> z(x.size());
  norm.forward(x, gamma, beta, z);
  for (std::size_t c = 0; c < 2; ++c) {
    double sum = 0;
    double squares = 0;
    for (std::size_t i = 0; i < z.size(); ++i) {
      if (i / 6 % 2 != c) continue;
      sum += z[i];
      squares += (z[i] - beta[c]) * (z[i] - beta[c]);
    }
    EXPECT_NEAR(sum / 24, beta[c], 1e-12);
    EXPECT_NEAR(squares / 24, gamma[c] * gamma[c], 1e-12);
  }
}

TEST(BatchNormReference, GradientsMatchFiniteDifferences) {
  Random random(2, RandomPurpose::test);
  const BatchNormReference<double> norm{3, 4, 5, 1e-3};
  std::vector<double> x = random_doubles(random, 60);
  std::vector<double> gamma = random_doubles(random, 4);
  std::vector<double> beta = random_doubles(random, 4);
  const std::vector<double> dz = random_doubles(random, 60);
  std::vector<double> dx(60), dgamma(4), dbeta(4), z(60);
  norm.backward(x, gamma, dz, dx, dgamma, dbeta);
  const auto loss = [&] {
    norm.forward(x, gamma, beta, z);
    return dot(z, dz);
  };
  expect_gradient(x, dx, loss);
  expect_gradient(gamma, dgamma, loss);
  expect_gradient(beta, dbeta, loss);
}

TEST(BatchNorm, MomentsOfAConstantHaveNoNegativeVariance) {
  const BatchNormMoments moments = batch_norm_moments(0.1 * 1000, 0.01 * 1000 - 1e-9, 1000);
  EXPECT_NEAR(moments.mean, 0.1, 1e-12);
  EXPECT_EQ(moments.variance, 0.0);
}

// One block of activations, and per-channel arrays padded with zeros to whole channel blocks.
struct Problem {
  Shape shape;
  int images;
  Random random{7, RandomPurpose::test};
  std::vector<float> x = random_values(random, shape.elements() * images, -1.0f, 3.0f);
  std::vector<float> dy = random_values(random, shape.elements() * images);
  std::vector<bf16> x_block = blocked(shape, images, x);
  std::vector<bf16> dy_block = blocked(shape, images, dy);

  double count() const { return static_cast<double>(images) * shape.positions(); }
  std::size_t channels() const { return static_cast<std::size_t>(shape.channels); }
  std::size_t padded_channels() const {
    return static_cast<std::size_t>(shape.channel_blocks() * kBlockChannels);
  }
  std::size_t channel_of(std::size_t i) const {
    return i / static_cast<std::size_t>(shape.positions()) % channels();
  }
  std::vector<float> per_channel(float low, float high) {
    std::vector<float> values(padded_channels());
    for (std::size_t c = 0; c < channels(); ++c) values[c] = random.uniform(low, high);
    return values;
  }
  // Sums over a channel's images and positions.
  std::vector<double> sums(std::span<const double> values) const {
    std::vector<double> result(channels());
    for (std::size_t i = 0; i < values.size(); ++i) result[channel_of(i)] += values[i];
    return result;
  }
};

float largest_magnitude(std::span<const float> values) {
  float largest = 0;
  for (const float value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

class BatchNormKernelsTest : public testing::TestWithParam<Isa> {
 protected:
  const BatchNormKernels& kernels = kernels_for(GetParam()).batch_norm;

  template <class Check>
  void for_each_problem(const Check& check) {
    for (const Shape& shape : kShapes) {
      for (const int images : kImageCounts) {
        SCOPED_TRACE(to_string(shape) + ", " + std::to_string(images) + " images");
        Problem problem{shape, images};
        check(problem);
      }
    }
  }
};

TEST_P(BatchNormKernelsTest, StatisticsAddTheValidImages) {
  for_each_problem([&](Problem& problem) {
    poison_padding_images(problem.shape, problem.images, problem.x_block);
    std::vector<float> sum(problem.padded_channels(), 1.0f);
    std::vector<float> squares(problem.padded_channels(), 2.0f);
    std::vector<float> smallest(problem.padded_channels(), 100.0f);
    std::vector<float> largest(problem.padded_channels(), -100.0f);
    kernels.statistics({problem.shape, problem.images, problem.x_block.data(), sum.data(), squares.data(),
                        smallest.data(), largest.data()});

    const std::vector<double> x = doubles(problem.x);
    std::vector<double> absolute(x.size()), squared(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      absolute[i] = std::abs(x[i]);
      squared[i] = x[i] * x[i];
    }
    const std::vector<double> exact_sum = problem.sums(x);
    const std::vector<double> exact_squares = problem.sums(squared);
    const std::vector<double> magnitude = problem.sums(absolute);
    // The sums are cascaded: 32 images, then a row of the picture, then its rows.
    const double chain = 32 + problem.shape.width + problem.shape.height;
    std::vector<float> exact_smallest(problem.channels(), std::numeric_limits<float>::infinity());
    std::vector<float> exact_largest(problem.channels(), -std::numeric_limits<float>::infinity());
    for (std::size_t i = 0; i < x.size(); ++i) {
      float& low = exact_smallest[problem.channel_of(i)];
      float& high = exact_largest[problem.channel_of(i)];
      low = std::min(low, problem.x[i]);
      high = std::max(high, problem.x[i]);
    }
    for (std::size_t c = 0; c < problem.channels(); ++c) {
      ASSERT_EQ(smallest[c], exact_smallest[c]);
      ASSERT_EQ(largest[c], exact_largest[c]);
      ASSERT_NEAR(sum[c], 1 + exact_sum[c], float_tolerance(chain, 1 + magnitude[c])) << "channel " << c;
      ASSERT_NEAR(squares[c], 2 + exact_squares[c], float_tolerance(chain, 2 + exact_squares[c]))
          << "channel " << c;
    }
    for (std::size_t c = problem.channels(); c < problem.padded_channels(); ++c) {
      ASSERT_EQ(sum[c], 1.0f);
      ASSERT_EQ(squares[c], 2.0f);
    }
  });
}

TEST_P(BatchNormKernelsTest, ForwardScalesShiftsAndActivates) {
  for (const ActivationKind f : {ActivationKind::identity, ActivationKind::relu, ActivationKind::gelu,
                                 ActivationKind::silu, ActivationKind::celu}) {
    SCOPED_TRACE(name(f));
    for_each_problem([&](Problem& problem) {
      const std::vector<float> multiplier = problem.per_channel(-2, 2);
      const std::vector<float> offset = problem.per_channel(-1, 1);
      std::vector<bf16> y_block = unwritten(problem.shape);
      // What other pictures have in memory must not matter.
      fill_padding_images(problem.shape, problem.images, problem.x_block, 1e4f);
      float largest = 0;
      kernels.forward({.shape = problem.shape,
                       .activation = f,
                       .images = problem.images,
                       .x = problem.x_block.data(),
                       .multiplier = multiplier.data(),
                       .offset = offset.data(),
                       .y = y_block.data(),
                       .largest_y = &largest});
      const std::vector<float> y = plain(problem.shape, problem.images, y_block);
      ASSERT_EQ(largest, largest_magnitude(y));
      for (std::size_t i = 0; i < y.size(); ++i) {
        const std::size_t c = problem.channel_of(i);
        const double scaled = static_cast<double>(problem.x[i]) * multiplier[c];
        const double exact = activation_reference(f, scaled + offset[c]);
        const double magnitude = std::abs(scaled) + std::abs(offset[c]);
        ASSERT_NEAR(y[i], exact,
                    bf16_tolerance(exact, 2, magnitude) + kActivationError * magnitude +
                        parabola_error(f, GetParam()));
      }
      expect_zero_padding_channels(problem.shape, kBlockImages, y_block);
      for (const bf16 value : y_block) ASSERT_TRUE(std::isfinite(to_float(value)));
    });
  }
}

// Beside the forward pass and a convolution's rounding of what that writes.
TEST_P(BatchNormKernelsTest, ForwardRoundedRoundsWithoutBfloat16InBetween) {
  const ConvolutionKernels& convolution = kernels_for(GetParam()).convolution;
  for (const ActivationKind f : {ActivationKind::identity, ActivationKind::relu, ActivationKind::gelu,
                                 ActivationKind::silu, ActivationKind::celu}) {
    SCOPED_TRACE(name(f));
    for (const Shape& shape : {Shape{64, 3, 5}, Shape{128, 2, 1}}) {
      for (const int images : kImageCounts) {
        SCOPED_TRACE(to_string(shape) + ", " + std::to_string(images) + " images");
        Problem problem{shape, images};
        // What other pictures have in memory must not matter.
        fill_padding_images(shape, images, problem.x_block, 1e4f);
        const std::vector<float> multiplier = problem.per_channel(-2, 2);
        const std::vector<float> offset = problem.per_channel(-1, 1);
        std::vector<float> sum(problem.padded_channels()), squares = sum, smallest = sum, largest = sum;
        kernels.statistics({shape, images, problem.x_block.data(), sum.data(), squares.data(),
                            smallest.data(), largest.data()});
        std::vector<bf16> y = unwritten(shape);
        float largest_y = 0;
        kernels.forward({.shape = shape,
                         .activation = f,
                         .images = images,
                         .x = problem.x_block.data(),
                         .multiplier = multiplier.data(),
                         .offset = offset.data(),
                         .y = y.data(),
                         .largest_y = &largest_y});
        const auto elements = static_cast<std::size_t>(shape.block_elements() / 2);
        std::vector<bf16> integers(elements), expected(elements);
        const float scaled_by = kernels.forward_rounded({.shape = shape,
                                                         .activation = f,
                                                         .images = images,
                                                         .x = problem.x_block.data(),
                                                         .multiplier = multiplier.data(),
                                                         .offset = offset.data(),
                                                         .smallest = smallest.data(),
                                                         .largest = largest.data(),
                                                         .integers = integers.data()});
        EXPECT_NEAR(scaled_by, largest_y, largest_y / 256);
        convolution.round_inputs(shape, images, y.data(), scaled_by, expected.data());
        const auto* rounded = reinterpret_cast<const std::int8_t*>(integers.data());
        const auto* rounded_twice = reinterpret_cast<const std::int8_t*>(expected.data());
        int different = 0;
        int compared = 0;
        for (int half = 0; half < 2; ++half) {
          const int of_half = std::clamp(images - half * 16, 0, 16);
          for (std::size_t tile = 0; tile < elements / 2; tile += 512) {
            for (std::size_t i = 0; i < static_cast<std::size_t>(of_half) * 64; ++i) {
              const std::size_t at = 2 * (static_cast<std::size_t>(half) * elements / 2 + tile) + i;
              ASSERT_LE(std::abs(rounded[at] - rounded_twice[at]), 1) << at;
              different += rounded[at] != rounded_twice[at] ? 1 : 0;
              ++compared;
            }
          }
        }
        EXPECT_LE(different, compared / 4 + 1);
      }
    }
  }
}

// From -3 to 0.1 SiLU and GELU are lowest in between, and further from 0 there than at either end.
TEST_P(BatchNormKernelsTest, ForwardRoundedFitsTheDipOfAnActivation) {
  const Shape shape{64, 4, 4};
  const Problem problem{shape, 32};
  const std::vector<float> multiplier(64, 1.0f), offset(64, 0.0f), smallest(64, -3.0f), largest(64, 0.1f);
  std::vector<bf16> x = problem.x_block;
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = to_bf16(-3.0f + 3.1f * static_cast<float>(i % 32) / 31);
  for (const ActivationKind f : {ActivationKind::gelu, ActivationKind::silu}) {
    SCOPED_TRACE(name(f));
    const double lowest = f == ActivationKind::gelu ? -0.16997 : -0.27846;
    std::vector<bf16> integers(static_cast<std::size_t>(shape.block_elements() / 2));
    const float scaled_by = kernels.forward_rounded({.shape = shape,
                                                     .activation = f,
                                                     .images = 32,
                                                     .x = x.data(),
                                                     .multiplier = multiplier.data(),
                                                     .offset = offset.data(),
                                                     .smallest = smallest.data(),
                                                     .largest = largest.data(),
                                                     .integers = integers.data()});
    EXPECT_NEAR(scaled_by, -lowest, 1e-3);
    const auto* rounded = reinterpret_cast<const std::int8_t*>(integers.data());
    for (std::size_t i = 0; i < 2 * integers.size(); ++i) ASSERT_LE(rounded[i], 60) << i;
  }
}

TEST_P(BatchNormKernelsTest, ForwardRoundedKeepsNaN) {
  const Shape shape{64, 2, 2};
  Problem problem{shape, 32};
  std::vector<float> multiplier(64, 1.0f), offset(64, 0.0f), smallest(64, -1.0f), largest(64, 1.0f);
  multiplier[40] = std::numeric_limits<float>::quiet_NaN();
  std::vector<bf16> integers(static_cast<std::size_t>(shape.block_elements() / 2));
  EXPECT_TRUE(std::isnan(kernels.forward_rounded({.shape = shape,
                                                  .activation = ActivationKind::silu,
                                                  .images = 32,
                                                  .x = problem.x_block.data(),
                                                  .multiplier = multiplier.data(),
                                                  .offset = offset.data(),
                                                  .smallest = smallest.data(),
                                                  .largest = largest.data(),
                                                  .integers = integers.data()})));
}

TEST_P(BatchNormKernelsTest, BackwardReduceGivesTheGradientAndItsSums) {
  for (const ActivationKind f : {ActivationKind::identity, ActivationKind::relu, ActivationKind::gelu,
                                 ActivationKind::silu, ActivationKind::celu}) {
    SCOPED_TRACE(name(f));
    for_each_problem([&](Problem& problem) {
      poison_padding_images(problem.shape, problem.images, problem.x_block);
      const std::vector<float> multiplier = problem.per_channel(-2, 2);
      const std::vector<float> offset = problem.per_channel(-1, 1);
      std::vector<float> sum_dz(problem.padded_channels(), 1.0f);
      std::vector<float> sum_dz_x(problem.padded_channels(), 2.0f);
      std::vector<bf16> dz_block = problem.dy_block;  // in place, as the trainer does
      kernels.backward_reduce({.shape = problem.shape,
                               .activation = f,
                               .images = problem.images,
                               .x = problem.x_block.data(),
                               .multiplier = multiplier.data(),
                               .offset = offset.data(),
                               .dy = dz_block.data(),
                               .dz = dz_block.data(),
                               .sum_dz = sum_dz.data(),
                               .sum_dz_x = sum_dz_x.data()});

      const std::vector<float> dz = plain(problem.shape, problem.images, dz_block);
      std::vector<double> exact(dz.size()), exact_x(dz.size()), error(dz.size()), error_x(dz.size());
      const double chain = 32 + problem.shape.width + problem.shape.height;
      for (std::size_t i = 0; i < dz.size(); ++i) {
        const std::size_t c = problem.channel_of(i);
        const double x = problem.x[i];
        const double dy = problem.dy[i];
        exact[i] = dy * activation_derivative_reference(f, x * multiplier[c] + offset[c]);
        exact_x[i] = exact[i] * x;
        // celu's curvature, 1 / alpha, magnifies the rounding of its argument.
        const double argument =
            float_tolerance(2, std::abs(x * multiplier[c]) + std::abs(offset[c])) / kCeluAlpha;
        const double approximation =
            (kActivationError + parabola_error(f, GetParam()) + argument) * std::abs(dy);
        ASSERT_NEAR(dz[i], exact[i], bf16_tolerance(exact[i], 2, std::abs(exact[i])) + approximation);
        error[i] = float_tolerance(chain, std::abs(exact[i])) + approximation;
        error_x[i] = float_tolerance(chain, std::abs(exact_x[i])) + approximation * std::abs(x);
      }
      const std::vector<double> total = problem.sums(exact), total_x = problem.sums(exact_x);
      const std::vector<double> tolerance = problem.sums(error), tolerance_x = problem.sums(error_x);
      for (std::size_t c = 0; c < problem.channels(); ++c) {
        ASSERT_NEAR(sum_dz[c], 1 + total[c], tolerance[c] + float_tolerance(chain, 1)) << "channel " << c;
        ASSERT_NEAR(sum_dz_x[c], 2 + total_x[c], tolerance_x[c] + float_tolerance(chain, 2))
            << "channel " << c;
      }
      expect_zero_padding_images(problem.shape, problem.images, dz_block);
      expect_zero_padding_channels(problem.shape, problem.images, dz_block);
    });
  }
}

// Statistics to gradients, as a network runs them, against batch norm in one piece.
TEST_P(BatchNormKernelsTest, TheWholeChainMatchesTheReference) {
  for_each_problem([&](Problem& problem) {
    const Shape& shape = problem.shape;
    const BatchNormReference<double> reference{problem.images, shape.channels, shape.positions(), kEps};
    const std::vector<double> x = doubles(problem.x), dy = doubles(problem.dy);
    std::vector<double> exact_dx(x.size()), exact_dgamma(problem.channels()), exact_dbeta(problem.channels());
    reference.backward(x, ones(problem.channels()), dy, exact_dx, exact_dgamma, exact_dbeta);

    const std::size_t padded = problem.padded_channels();
    std::vector<float> sum(padded), squares(padded), multiplier(padded), offset(padded), sum_dz(padded),
        sum_dz_x(padded), a(padded), b(padded), c(padded);
    kernels.statistics({shape, problem.images, problem.x_block.data(), sum.data(), squares.data()});
    std::vector<BatchNormMoments> moments(problem.channels());
    for (std::size_t i = 0; i < problem.channels(); ++i) {
      moments[i] = batch_norm_moments(sum[i], squares[i], problem.count());
      const BatchNormAffine affine =
          batch_norm_affine(moments[i].mean, moments[i].variance, kEps, 1.0f, 0.5f);
      multiplier[i] = affine.multiplier;
      offset[i] = affine.offset;
    }
    poison_padding_images(shape, problem.images, problem.x_block);
    std::vector<bf16> dz = unwritten(shape), dx_block = unwritten(shape);
    kernels.backward_reduce({.shape = shape,
                             .images = problem.images,
                             .x = problem.x_block.data(),
                             .multiplier = multiplier.data(),
                             .offset = offset.data(),
                             .dy = problem.dy_block.data(),
                             .dz = dz.data(),
                             .sum_dz = sum_dz.data(),
                             .sum_dz_x = sum_dz_x.data()});
    expect_zero_padding_images(shape, problem.images, dz);
    for (std::size_t i = 0; i < problem.channels(); ++i) {
      const BatchNormGradient gradient =
          batch_norm_gradient(moments[i], kEps, 1.0f, sum_dz[i], sum_dz_x[i], problem.count());
      // Sums of `count` values of at most 3, then divided by the standard deviation; with a single value
      // there is no variance and eps alone bounds it.
      const double deviation = std::sqrt(moments[i].variance + kEps);
      const double tolerance =
          float_tolerance(problem.count(), 16 * problem.count()) / std::pow(deviation, 3);
      ASSERT_NEAR(gradient.dgamma, exact_dgamma[i], tolerance) << "channel " << i;
      ASSERT_NEAR(gradient.dbeta, exact_dbeta[i], tolerance) << "channel " << i;
      a[i] = gradient.a;
      b[i] = gradient.b;
      c[i] = gradient.c;
    }
    fill_padding_images(shape, problem.images, dz, 1e4f);
    float largest = 0;
    kernels.backward({.shape = shape,
                      .images = problem.images,
                      .dz = dz.data(),
                      .x = problem.x_block.data(),
                      .a = a.data(),
                      .b = b.data(),
                      .c = c.data(),
                      .dx = dx_block.data(),
                      .largest_dx = &largest});
    const std::vector<float> dx = plain(shape, problem.images, dx_block);
    ASSERT_EQ(largest, largest_magnitude(dx));
    for (std::size_t i = 0; i < dx.size(); ++i) {
      const std::size_t channel = problem.channel_of(i);
      const double magnitude =
          std::abs(a[channel] * dy[i]) + std::abs(b[channel] * x[i]) + std::abs(c[channel]);
      const double variance = moments[channel].variance + kEps;
      ASSERT_NEAR(dx[i], exact_dx[i], bf16_tolerance(exact_dx[i], problem.count(), 16 * magnitude / variance))
          << "element " << i;
    }
    expect_zero_padding_images(shape, problem.images, dx_block);
    expect_zero_padding_channels(shape, problem.images, dx_block);
  });
}

FTL_FOR_EVERY_ISA(BatchNormKernelsTest);

}  // namespace
}  // namespace ftl::kernels
