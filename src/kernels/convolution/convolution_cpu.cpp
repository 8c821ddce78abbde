#include "kernels/convolution/convolution.hpp"
#include "kernels/convolution/convolution_passes.hpp"
#include "kernels/convolution/tile_lists.hpp"

namespace ftl::kernels::FTL_ISA {

extern const ConvolutionKernels convolution;

namespace {

void backward_bias(const Shape& shape, const bf16* dy, float* bias_gradient) {
  for (int block = 0; block < shape.channel_blocks(); ++block) {
    for (int n = 0; n < kBlockChannels; n += kLanes) {
      vfloat total{};
      for (int p = 0; p < shape.positions(); ++p) {
        const bf16* tile = dy + (std::int64_t{block} * shape.positions() + p) * kTileElements + n;
        vfloat of_position{};
        for (int image = 0; image < kBlockImages; ++image) of_position += load(tile + image * kBlockChannels);
        total += of_position;
      }
      float* to = bias_gradient + block * kBlockChannels + n;
      store(to, load(to) + total);
    }
  }
}

void unpool(const ConvolutionGeometry& g, const bf16* dy, const std::uint8_t* argmax, bf16* dx) {
  const Shape pooled = g.written();
  std::memset(dx, 0, sizeof(bf16) * static_cast<std::size_t>(g.out.block_elements()));
  for (int block = 0; block < pooled.channel_blocks(); ++block) {
    for (int y = 0; y < pooled.height; ++y) {
      for (int x = 0; x < pooled.width; ++x) {
        const bf16* from = position(dy, pooled, block, y, x);
        const std::uint8_t* which = argmax + (from - dy);
        for (int candidate = 0; candidate < 4; ++candidate) {
          bf16* to = position(dx, g.out, block, 2 * y + candidate / 2, 2 * x + candidate % 2);
          for (int i = 0; i < kTileElements; ++i) {
            to[i].bits = which[i] == candidate ? from[i].bits : std::uint16_t{0};
          }
        }
      }
    }
  }
}

}  // namespace

const ConvolutionKernels convolution{convolution_forward, convolution_backward_data,
                                     convolution_backward_weights, backward_bias, unpool};

}  // namespace ftl::kernels::FTL_ISA
