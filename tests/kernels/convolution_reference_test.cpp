#include "kernels/convolution/convolution.hpp"
#include "kernels/test_support.hpp"

namespace ftl::kernels {
namespace {

using namespace test;

ConvolutionGeometry geometry(Shape in, int out_channels, int kernel_height, int kernel_width, int stride,
                             int pad, int groups) {
  const Shape out{out_channels, (in.height + 2 * pad - kernel_height) / stride + 1,
                  (in.width + 2 * pad - kernel_width) / stride + 1};
  return {in, out, kernel_height, kernel_width, stride, pad, groups};
}

TEST(ConvolutionReference, IsACrossCorrelationWithZeroPadding) {
  const ConvolutionGeometry g = geometry({1, 2, 2}, 1, 2, 2, 1, 1, 1);
  const std::vector<double> x{1, 2, 3, 4}, weights{1, 10, 100, 1000}, bias{0.5};
  std::vector<double> y(9);
  convolution_reference<double>(g, 1, x, weights, bias, y);
  EXPECT_EQ(y, (std::vector<double>{1000.5, 2100.5, 200.5, 3010.5, 4321.5, 402.5, 30.5, 43.5, 4.5}));
}

TEST(ConvolutionReference, GroupsSeeOnlyTheirOwnChannels) {
  const ConvolutionGeometry g = geometry({4, 1, 1}, 2, 1, 1, 1, 0, 2);
  const std::vector<double> x{1, 10, 100, 1000}, weights{1, 2, 3, 4};
  std::vector<double> y(2);
  convolution_reference<double>(g, 1, x, weights, {}, y);
  EXPECT_EQ(y, (std::vector<double>{21, 4300}));
}

TEST(ConvolutionReference, GradientsMatchFiniteDifferences) {
  const ConvolutionGeometry geometries[] = {
      geometry({3, 4, 4}, 2, 3, 3, 1, 1, 1),  // plain
      geometry({2, 5, 6}, 3, 3, 2, 2, 1, 1),  // strided, kernel not square
      geometry({4, 4, 3}, 6, 2, 2, 1, 0, 2),  // grouped
      geometry({3, 5, 5}, 3, 3, 3, 2, 1, 3),  // depthwise
      geometry({3, 2, 3}, 4, 2, 3, 1, 0, 1),  // linear
  };
  Random random(12, RandomPurpose::test);
  const int images = 2;
  for (const ConvolutionGeometry& g : geometries) {
    SCOPED_TRACE(fmt::format("{} to {}, kernel {}x{}", to_string(g.in), to_string(g.out), g.kernel_height,
                             g.kernel_width));
    std::vector<double> x = random_doubles(random, images * g.in.elements());
    std::vector<double> weights = random_doubles(random, g.weight_elements());
    std::vector<double> bias = random_doubles(random, g.out.channels);
    const std::vector<double> dy = random_doubles(random, images * g.out.elements());
    std::vector<double> dx(x.size()), dweights(weights.size()), dbias(bias.size()), y(dy.size());
    convolution_backward_reference<double>(g, images, x, weights, dy, dx, dweights, dbias);
    const auto loss = [&] {
      convolution_reference<double>(g, images, x, weights, bias, y);
      return dot(y, dy);
    };
    expect_gradient(x, dx, loss);
    expect_gradient(weights, dweights, loss);
    expect_gradient(bias, dbias, loss);
  }
}

}  // namespace
}  // namespace ftl::kernels
