#include "kernels/patches/patches.hpp"

#include "kernels/registry.hpp"
#include "kernels/test_support.hpp"

namespace ftl::kernels {
namespace {

using namespace test;

// channels, height, width, kernel height and width, stride, pad
constexpr PatchesGeometry kGeometries[] = {
    {3, 32, 32, 2, 2, 1, 0}, {3, 9, 7, 3, 3, 1, 1},  {3, 8, 11, 3, 3, 2, 1},
    {3, 5, 6, 2, 2, 1, 1},   {1, 10, 9, 5, 5, 1, 2}, {4, 5, 5, 4, 4, 1, 0},
    {3, 9, 9, 7, 7, 2, 3},   {3, 4, 4, 1, 1, 1, 0},  {1, 3, 1, 3, 9, 1, 4},
};

// Picture channel c under tap (ky, kx) of output position (y, x), or 0 outside the picture.
float tap(const PatchesGeometry& g, std::span<const float> pictures, int image, int y, int x, int channel) {
  const int c = channel % g.channels;
  const int kx = channel / g.channels % g.kernel_width;
  const int ky = channel / g.channels / g.kernel_width;
  const int in_y = y * g.stride - g.pad + ky;
  const int in_x = x * g.stride - g.pad + kx;
  if (in_y < 0 || in_y >= g.height || in_x < 0 || in_x >= g.width) return 0;
  return pictures[static_cast<std::size_t>(((image * g.height + in_y) * g.width + in_x) * g.channels + c)];
}

class PatchesKernelsTest : public testing::TestWithParam<Isa> {
 protected:
  const PatchesKernels& kernels = kernels_for(GetParam()).patches;
};

TEST_P(PatchesKernelsTest, EveryTapLandsInItsChannel) {
  Random random(9, RandomPurpose::test);
  for (const PatchesGeometry& g : kGeometries) {
    for (const int images : kImageCounts) {
      SCOPED_TRACE(fmt::format("{}x{}x{} kernel {}x{} stride {} pad {}, {} images", g.channels, g.height,
                               g.width, g.kernel_height, g.kernel_width, g.stride, g.pad, images));
      // Exactly `images` pictures: reading more is reading past the end.
      const std::vector<float> pictures =
          random_values(random, std::int64_t{images} * g.height * g.width * g.channels);
      std::vector<bf16> bits;
      for (const float value : pictures) bits.push_back(to_bf16(value));
      const Shape out = g.out();
      std::vector<bf16> block = unwritten(out);
      kernels.forward(g, images, bits.data(), block.data());
      for (int image = 0; image < images; ++image) {
        for (int channel = 0; channel < out.channels; ++channel) {
          for (int y = 0; y < out.height; ++y) {
            for (int x = 0; x < out.width; ++x) {
              ASSERT_EQ(to_float(block[static_cast<std::size_t>(blocked_index(out, image, channel, y, x))]),
                        tap(g, pictures, image, y, x, channel))
                  << "image " << image << " channel " << channel << " at " << y << ", " << x;
            }
          }
        }
      }
      expect_zero_padding_images(out, images, block);
      expect_zero_padding_channels(out, images, block);
    }
  }
}

FTL_FOR_EVERY_ISA(PatchesKernelsTest);

}  // namespace
}  // namespace ftl::kernels
