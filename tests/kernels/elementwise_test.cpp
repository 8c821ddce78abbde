#include "kernels/elementwise/elementwise.hpp"

#include "kernels/registry.hpp"
#include "kernels/test_support.hpp"

namespace ftl::kernels {
namespace {

using namespace test;

constexpr Shape kShapes[] = {{1, 1, 1}, {3, 35, 2}, {24, 5, 7}, {33, 3, 3}, {64, 9, 5}, {100, 1, 2}};

TEST(ElementwiseReference, MultiplyGradientsMatchFiniteDifferences) {
  Random random(5, RandomPurpose::test);
  const int images = 2, channels = 3, positions = 4;
  std::vector<double> x = random_doubles(random, images * channels * positions);
  std::vector<double> gate = random_doubles(random, images * channels);
  const std::vector<double> dy = random_doubles(random, images * channels * positions);
  std::vector<double> dx(x.size()), dgate(gate.size()), y(x.size());
  multiply_backward_reference<double>(images, channels, positions, x, gate, dy, dx, dgate);
  const auto loss = [&] {
    multiply_reference<double>(images, channels, positions, x, gate, y);
    return dot(y, dy);
  };
  expect_gradient(x, dx, loss);
  expect_gradient(gate, dgate, loss);
}

class ElementwiseKernelsTest : public testing::TestWithParam<Isa> {
 protected:
  const ElementwiseKernels& kernels = kernels_for(GetParam()).elementwise;
};

TEST_P(ElementwiseKernelsTest, AddRoundsTheExactSumOnce) {
  Random random(6, RandomPurpose::test);
  const std::vector<float> a = random_values(random, 32 * 33), b = random_values(random, 32 * 33, -100, 100);
  std::vector<bf16> a_bits, b_bits, expected;
  for (std::size_t i = 0; i < a.size(); ++i) {
    a_bits.push_back(to_bf16(a[i]));
    b_bits.push_back(to_bf16(b[i]));
    expected.push_back(to_bf16(a[i] + b[i]));
  }
  std::vector<bf16> y(a.size());
  kernels.add(32 * 33, a_bits.data(), b_bits.data(), y.data());
  EXPECT_EQ(y, expected);
  kernels.add(32 * 33, a_bits.data(), b_bits.data(), b_bits.data());
  EXPECT_EQ(b_bits, expected) << "in place";
}

TEST_P(ElementwiseKernelsTest, MultiplyMatchesTheReference) {
  Random random(7, RandomPurpose::test);
  for (const Shape& shape : kShapes) {
    for (const int images : kImageCounts) {
      SCOPED_TRACE(to_string(shape) + ", " + std::to_string(images) + " images");
      const Shape gate_shape{shape.channels, 1, 1};
      const std::vector<float> x = random_values(random, images * shape.elements());
      const std::vector<float> gate = random_values(random, images * gate_shape.elements());
      std::vector<double> exact(x.size());
      multiply_reference<double>(images, shape.channels, shape.positions(), doubles(x), doubles(gate), exact);
      std::vector<bf16> block = blocked(shape, images, x);
      kernels.multiply(shape, block.data(), blocked(gate_shape, images, gate).data(), block.data());
      const std::vector<float> y = plain(shape, images, block);
      for (std::size_t i = 0; i < y.size(); ++i) ASSERT_EQ(y[i], rounded(static_cast<float>(exact[i])));
      expect_zero_padding_channels(shape, kBlockImages, block);
    }
  }
}

TEST_P(ElementwiseKernelsTest, MultiplyBackwardMatchesTheReference) {
  Random random(8, RandomPurpose::test);
  for (const Shape& shape : kShapes) {
    for (const int images : kImageCounts) {
      SCOPED_TRACE(to_string(shape) + ", " + std::to_string(images) + " images");
      const Shape gate_shape{shape.channels, 1, 1};
      const std::vector<float> x = random_values(random, images * shape.elements());
      const std::vector<float> gate = random_values(random, images * gate_shape.elements());
      const std::vector<float> dy = random_values(random, images * shape.elements());
      std::vector<double> exact_dx(x.size()), exact_dgate(gate.size());
      multiply_backward_reference<double>(images, shape.channels, shape.positions(), doubles(x),
                                          doubles(gate), doubles(dy), exact_dx, exact_dgate);

      std::vector<bf16> x_block = blocked(shape, images, x);
      fill_padding_images(shape, images, x_block, 3.0f);
      std::vector<bf16> dx_block = blocked(shape, images, dy);  // in place
      std::vector<bf16> dgate_block = unwritten(gate_shape);
      kernels.multiply_backward(shape, x_block.data(), blocked(gate_shape, images, gate).data(),
                                dx_block.data(), dx_block.data(), dgate_block.data());
      const std::vector<float> dx = plain(shape, images, dx_block);
      const std::vector<float> dgate = plain(gate_shape, images, dgate_block);
      for (std::size_t i = 0; i < dx.size(); ++i) ASSERT_EQ(dx[i], rounded(static_cast<float>(exact_dx[i])));
      for (std::size_t i = 0; i < dgate.size(); ++i) {
        ASSERT_NEAR(dgate[i], exact_dgate[i],
                    bf16_tolerance(exact_dgate[i], shape.positions(), shape.positions()));
      }
      expect_zero_padding_images(shape, images, dx_block);
      expect_zero_padding_images(gate_shape, images, dgate_block);
      expect_zero_padding_channels(gate_shape, images, dgate_block);
    }
  }
}

FTL_FOR_EVERY_ISA(ElementwiseKernelsTest);

}  // namespace
}  // namespace ftl::kernels
