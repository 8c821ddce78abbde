#include "kernels/vector_math.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace ftl::kernels {
namespace {

double normal_distribution(double x) {
  return std::erfc(-x / std::numbers::sqrt2) / 2;
}

double normal_density(double x) {
  return std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
}

// Calls check(x) for a fine grid over [-bound, bound].
template <class Check>
void for_each_point(float bound, const Check& check) {
  constexpr int kSteps = 20000;
  for (int i = -kSteps; i <= kSteps; ++i) check(bound * static_cast<float>(i) / kSteps);
}

TEST(VectorMath, ExponentialIsAccurateWhereItIsFinite) {
  for_each_point(87.0f, [](float x) {
    const double exact = std::exp(static_cast<double>(x));
    ASSERT_NEAR(exponential(broadcast(x))[0], exact, (3e-7 + 8e-8 * std::abs(x)) * exact) << x;
  });
}

TEST(VectorMath, ExponentialStaysFiniteFarOut) {
  EXPECT_GT(exponential(broadcast(1e30f))[0], 1e38f);
  EXPECT_TRUE(std::isfinite(exponential(broadcast(1e30f))[0]));
  EXPECT_LT(exponential(broadcast(-1e30f))[0], 1e-37f);
  EXPECT_GE(exponential(broadcast(-1e30f))[0], 0.0f);
}

TEST(VectorMath, LogisticIsAccurate) {
  for_each_point(100.0f, [](float x) {
    ASSERT_NEAR(logistic(broadcast(x))[0], 1 / (1 + std::exp(-static_cast<double>(x))), 4e-6) << x;
  });
}

TEST(VectorMath, SiluIsAccurate) {
  for_each_point(100.0f, [](float x) {
    ASSERT_NEAR(silu(broadcast(x))[0], x / (1 + std::exp(-static_cast<double>(x))), 4e-6 * std::abs(x)) << x;
  });
}

TEST(VectorMath, SiluDerivativeIsAccurate) {
  for_each_point(100.0f, [](float x) {
    const double s = 1 / (1 + std::exp(-static_cast<double>(x)));
    ASSERT_NEAR(silu_derivative(broadcast(x))[0], s + x * s * (1 - s), 2e-5) << x;
  });
}

TEST(VectorMath, GeluIsAccurate) {
  for_each_point(20.0f, [](float x) {
    ASSERT_NEAR(gelu(broadcast(x))[0], x * normal_distribution(x), 5e-7 * std::abs(x)) << x;
  });
}

TEST(VectorMath, GeluDerivativeIsAccurate) {
  for_each_point(20.0f, [](float x) {
    const double exact = normal_distribution(x) + x * normal_density(x);
    ASSERT_NEAR(gelu_derivative(broadcast(x))[0], exact, 1e-6) << x;
  });
}

}  // namespace
}  // namespace ftl::kernels
