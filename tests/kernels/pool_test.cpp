#include "kernels/pool/pool.hpp"

#include "kernels/registry.hpp"
#include "kernels/test_support.hpp"

namespace ftl::kernels {
namespace {

using namespace test;

PoolGeometry geometry(PoolKind kind, Shape in, int kernel_height, int kernel_width, int stride, int pad) {
  const Shape out{in.channels, (in.height + 2 * pad - kernel_height) / stride + 1,
                  (in.width + 2 * pad - kernel_width) / stride + 1};
  return {kind, in, out, kernel_height, kernel_width, stride, pad};
}

std::vector<PoolGeometry> geometries(PoolKind kind) {
  return {
      geometry(kind, {1, 2, 2}, 2, 2, 2, 0),   geometry(kind, {24, 35, 31}, 2, 2, 2, 0),
      geometry(kind, {33, 7, 9}, 3, 3, 2, 1),  geometry(kind, {64, 6, 5}, 3, 3, 1, 1),
      geometry(kind, {100, 3, 3}, 3, 3, 3, 0), geometry(kind, {3, 8, 11}, 8, 11, 1, 0),
      geometry(kind, {3, 9, 10}, 3, 2, 2, 1),  geometry(kind, {2, 40, 38}, 20, 19, 1, 0),
      geometry(kind, {2, 11, 12}, 2, 3, 4, 1),
  };
}

std::string describe(const PoolGeometry& g, int images) {
  return fmt::format("{} window {}x{} stride {} pad {}, {} images", to_string(g.in), g.kernel_height,
                     g.kernel_width, g.stride, g.pad, images);
}

// The most windows that share a position.
int overlap(const PoolGeometry& g) {
  return divide_up(g.kernel_height, g.stride) * divide_up(g.kernel_width, g.stride);
}

TEST(PoolReference, MaxTakesTheLargestAndTheFirstOfEqualsGetsTheGradient) {
  const PoolGeometry g = geometry(PoolKind::max, {1, 2, 4}, 2, 2, 2, 0);
  const std::vector<double> x{1, 5, 2, 2, 5, 0, 2, 1};
  std::vector<double> y(2), dx(8);
  pool_reference<double>(g, 1, x, y);
  EXPECT_EQ(y, (std::vector<double>{5, 2}));
  pool_backward_reference<double>(g, 1, x, std::vector<double>{10, 20}, dx);
  EXPECT_EQ(dx, (std::vector<double>{0, 10, 20, 0, 0, 0, 0, 0}));
}

TEST(PoolReference, AverageLeavesPaddingOut) {
  const PoolGeometry g = geometry(PoolKind::average, {1, 2, 2}, 2, 2, 2, 1);
  std::vector<double> y(4);
  pool_reference<double>(g, 1, std::vector<double>{1, 2, 3, 4}, y);
  EXPECT_EQ(y, (std::vector<double>{1, 2, 3, 4}));
}

TEST(PoolReference, GradientsMatchFiniteDifferences) {
  Random random(3, RandomPurpose::test);
  for (const PoolKind kind : {PoolKind::max, PoolKind::average}) {
    for (const PoolGeometry& g :
         {geometry(kind, {3, 4, 5}, 2, 2, 2, 0), geometry(kind, {2, 5, 5}, 3, 3, 2, 1),
          geometry(kind, {2, 4, 4}, 3, 2, 1, 1)}) {
      SCOPED_TRACE(describe(g, 2));
      std::vector<double> x = random_doubles(random, 2 * g.in.elements());
      const std::vector<double> dy = random_doubles(random, 2 * g.out.elements());
      std::vector<double> dx(x.size()), y(dy.size());
      pool_backward_reference<double>(g, 2, x, dy, dx);
      expect_gradient(x, dx, [&] {
        pool_reference<double>(g, 2, x, y);
        return dot(y, dy);
      });
    }
  }
}

class PoolKernelsTest : public testing::TestWithParam<Isa> {
 protected:
  const PoolKernels& kernels = kernels_for(GetParam()).pool;

  template <class Check>
  void for_each_problem(const Check& check) {
    Random random(4, RandomPurpose::test);
    for (const PoolKind kind : {PoolKind::max, PoolKind::average}) {
      for (const PoolGeometry& g : geometries(kind)) {
        for (const int images : {1, 17, 32}) {
          SCOPED_TRACE(describe(g, images));
          // Few different values, so that windows often have several maxima.
          std::vector<float> x = random_values(random, images * g.in.elements(), -4, 4);
          for (float& value : x) value = std::round(value);
          check(g, images, x, random);
        }
      }
    }
  }
};

TEST_P(PoolKernelsTest, ForwardMatchesTheReference) {
  for_each_problem([&](const PoolGeometry& g, int images, const std::vector<float>& x, Random&) {
    std::vector<double> exact(static_cast<std::size_t>(images * g.out.elements()));
    pool_reference<double>(g, images, doubles(x), exact);
    std::vector<bf16> y_block = unwritten(g.out);
    kernels.forward(g, blocked(g.in, images, x).data(), y_block.data());
    const std::vector<float> y = plain(g.out, images, y_block);
    const int terms = g.kernel_height * g.kernel_width;
    for (std::size_t i = 0; i < y.size(); ++i) {
      const double tolerance = g.kind == PoolKind::max ? 0 : bf16_tolerance(exact[i], terms, 4);
      ASSERT_NEAR(y[i], exact[i], tolerance) << "element " << i;
    }
    expect_zero_padding_channels(g.out, kBlockImages, y_block);
    expect_zero_padding_images(g.out, images, y_block);  // as the padding images of x are
  });
}

TEST_P(PoolKernelsTest, BackwardMatchesTheReference) {
  for_each_problem([&](const PoolGeometry& g, int images, const std::vector<float>& x, Random& random) {
    const std::vector<float> dy = random_values(random, images * g.out.elements());
    std::vector<double> magnitude_dy = doubles(dy);
    for (double& value : magnitude_dy) value = std::abs(value);
    std::vector<double> exact(x.size()), magnitude(x.size());
    pool_backward_reference<double>(g, images, doubles(x), doubles(dy), exact);
    pool_backward_reference<double>(g, images, doubles(x), magnitude_dy, magnitude);

    std::vector<bf16> x_block = blocked(g.in, images, x);
    fill_padding_images(g.in, images, x_block, 3.0f);
    std::vector<bf16> dx_block = unwritten(g.in);
    kernels.backward(g, x_block.data(), blocked(g.out, images, dy).data(), dx_block.data());
    const std::vector<float> dx = plain(g.in, images, dx_block);
    for (std::size_t i = 0; i < dx.size(); ++i) {
      const double tolerance = g.kind == PoolKind::average
                                   ? bf16_tolerance(exact[i], overlap(g), magnitude[i])
                                   // Overlapping windows add up in bf16: one rounding each.
                                   : overlap(g) * bf16_tolerance(magnitude[i], 1, magnitude[i]);
      ASSERT_NEAR(dx[i], exact[i], tolerance) << "element " << i;
    }
    expect_zero_padding_images(g.in, images, dx_block);
    expect_zero_padding_channels(g.in, images, dx_block);
  });
}

FTL_FOR_EVERY_ISA(PoolKernelsTest);

}  // namespace
}  // namespace ftl::kernels
