#include "kernels/activation/activation.hpp"

#include "kernels/registry.hpp"
#include "kernels/test_support.hpp"

namespace ftl::kernels {
namespace {

using namespace test;

constexpr ActivationKind kKinds[] = {ActivationKind::identity, ActivationKind::relu, ActivationKind::gelu,
                                     ActivationKind::silu,     ActivationKind::celu, ActivationKind::sigmoid};

// The approximations' error (kernels/vector_math.hpp), relative to the input where that is larger than 1.
constexpr double kApproximation = 4e-6;

TEST(Activation, KnownValues) {
  EXPECT_NEAR(activation_reference(ActivationKind::gelu, 1.0), 0.8413447460685429, 1e-15);
  EXPECT_NEAR(activation_reference(ActivationKind::silu, 1.0), 0.7310585786300049, 1e-15);
  EXPECT_NEAR(activation_reference(ActivationKind::sigmoid, 0.0), 0.5, 1e-15);
  EXPECT_NEAR(activation_reference(ActivationKind::celu, -100.0), -static_cast<double>(kCeluAlpha), 1e-15);
  EXPECT_EQ(activation_reference(ActivationKind::relu, -2.0), 0.0);
}

TEST(Activation, DerivativeMatchesFiniteDifferences) {
  for (const ActivationKind kind : kKinds) {
    SCOPED_TRACE(name(kind));
    for (double x = -6.01; x < 6; x += 0.04) {  // misses the kinks at 0
      std::vector<double> value{x};
      const std::vector<double> gradient{activation_derivative_reference(kind, x)};
      expect_gradient(value, gradient, [&] { return activation_reference(kind, value[0]); });
    }
  }
}

// Every bf16 number in [-100, 100], and a few far out; a multiple of 32 of them.
std::vector<bf16> all_inputs() {
  std::vector<bf16> inputs;
  for (std::uint16_t bits = 0; bits <= to_bf16(100.0f).bits; ++bits) {
    inputs.push_back({bits});
    inputs.push_back({static_cast<std::uint16_t>(bits | 0x8000u)});
  }
  for (const float far : {1e4f, -1e4f, 1e20f, -1e20f}) inputs.push_back(to_bf16(far));
  while (inputs.size() % 32 != 0) inputs.push_back(bf16{0});
  return inputs;
}

class ActivationKernelsTest : public testing::TestWithParam<Isa> {
 protected:
  const ActivationKernels& kernels = kernels_for(GetParam()).activation;
};

TEST_P(ActivationKernelsTest, NanStaysNan) {
  for (const ActivationKind kind : kKinds) {
    SCOPED_TRACE(name(kind));
    EXPECT_TRUE(std::isnan(activation_reference(kind, std::nan(""))));
    std::vector<bf16> values(32, to_bf16(std::nanf("")));
    kernels.forward(kind, 32, values.data(), values.data());
    for (const bf16 value : values) EXPECT_TRUE(std::isnan(to_float(value)));
  }
}

TEST_P(ActivationKernelsTest, ForwardMatchesTheReference) {
  const std::vector<bf16> x = all_inputs();
  for (const ActivationKind kind : kKinds) {
    SCOPED_TRACE(name(kind));
    std::vector<bf16> y(x.size());
    kernels.forward(kind, static_cast<std::int64_t>(x.size()), x.data(), y.data());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double input = to_float(x[i]);
      const double exact = activation_reference(kind, input);
      ASSERT_NEAR(to_float(y[i]), exact,
                  bf16_tolerance(exact, 2, std::abs(exact)) +
                      kApproximation * std::max(1.0, std::abs(input)) + parabola_error(kind, GetParam()))
          << input;
    }
  }
}

TEST_P(ActivationKernelsTest, BackwardMatchesTheReference) {
  const std::vector<bf16> x = all_inputs();
  Random random(1, RandomPurpose::test);
  std::vector<bf16> dy(x.size());
  for (bf16& value : dy) value = to_bf16(random.uniform(-2, 2));
  for (const ActivationKind kind : kKinds) {
    SCOPED_TRACE(name(kind));
    std::vector<bf16> dx(x.size());
    kernels.backward(kind, static_cast<std::int64_t>(x.size()), x.data(), dy.data(), dx.data());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double gradient = to_float(dy[i]);
      const double exact =
          gradient * activation_derivative_reference(kind, static_cast<double>(to_float(x[i])));
      // silu multiplies its sigmoid's error by x, but is flat where x is large.
      ASSERT_NEAR(to_float(dx[i]), exact,
                  bf16_tolerance(exact, 2, std::abs(exact)) +
                      (4 * kApproximation + parabola_error(kind, GetParam())) * std::abs(gradient))
          << to_float(x[i]);
    }
  }
}

// Near 0 both are x / 2, and an error must not hide what is smaller than it.
TEST_P(ActivationKernelsTest, SmallValuesKeepTheirRelativeAccuracy) {
  std::vector<bf16> x;
  for (int exponent = -70; exponent < -10; ++exponent) {
    for (const float value : {1.0f, -1.0f, 1.5f, -1.5f}) x.push_back(to_bf16(std::ldexp(value, exponent)));
  }
  x.resize(256, to_bf16(0.0f));
  std::vector<bf16> y(x.size());
  for (const ActivationKind kind : {ActivationKind::gelu, ActivationKind::silu}) {
    SCOPED_TRACE(name(kind));
    kernels.forward(kind, static_cast<std::int64_t>(x.size()), x.data(), y.data());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double exact = 0.5 * static_cast<double>(to_float(x[i]));
      ASSERT_NEAR(to_float(y[i]), exact, 0.01 * std::abs(exact)) << to_float(x[i]);
    }
  }
}

TEST_P(ActivationKernelsTest, WorksInPlace) {
  const std::vector<bf16> x = all_inputs();
  const auto elements = static_cast<std::int64_t>(x.size());
  for (const ActivationKind kind : kKinds) {
    SCOPED_TRACE(name(kind));
    std::vector<bf16> expected(x.size());
    std::vector<bf16> in_place = x;
    kernels.forward(kind, elements, x.data(), expected.data());
    kernels.forward(kind, elements, in_place.data(), in_place.data());
    EXPECT_EQ(in_place, expected);
    in_place = x;
    kernels.backward(kind, elements, x.data(), x.data(), expected.data());
    kernels.backward(kind, elements, x.data(), in_place.data(), in_place.data());
    EXPECT_EQ(in_place, expected);
  }
}

FTL_FOR_EVERY_ISA(ActivationKernelsTest);

}  // namespace
}  // namespace ftl::kernels
