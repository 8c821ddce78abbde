#include "kernels/convolution/convolution.hpp"
#include "kernels/convolution/convolution_passes.hpp"
#include "kernels/convolution/pool_winners.hpp"
#include "kernels/convolution/tile_lists.hpp"
#include "kernels/simd.hpp"

namespace ftl::kernels::FTL_ISA {

extern const ConvolutionKernels convolution;

namespace {

void backward_bias(const Shape& shape, const bf16* dy, float* bias_gradient) {
  for (int plane = 0; plane < shape.planes(); ++plane) {
    float* to = bias_gradient + plane % shape.channel_blocks() * kBlockChannels;
    for (int n = 0; n < kBlockChannels; n += kLanes) {
      vfloat total{};
      for (int p = 0; p < shape.positions(); ++p) {
        const bf16* tile = position(dy, shape, plane, 0, 0) + std::int64_t{p} * kTileElements + n;
        vfloat of_position{};
        for (int image = 0; image < kHalfImages; ++image) of_position += load(tile + image * kBlockChannels);
        total += of_position;
      }
      store(to + n, load(to + n) + total);
    }
  }
}

void clear(bf16* tiles, int count) {
  std::memset(tiles, 0, sizeof(bf16) * static_cast<std::size_t>(count * kTileElements));
}

void unpool(const ConvolutionGeometry& g, const bf16* dy, const std::uint8_t* argmax, bf16* dx) {
  const Shape pooled = g.written();
  for (int plane = 0; plane < pooled.planes(); ++plane) {
    for (int y = 0; y < pooled.height; ++y) {
      for (int x = 0; x < pooled.width; ++x) {
        const bf16* from = position(dy, pooled, plane, y, x);
        const std::uint8_t* which = argmax + (from - dy);
        for (int candidate = 0; candidate < 4; ++candidate) {
          bf16* to = position(dx, g.out, plane, 2 * y + candidate / 2, 2 * x + candidate % 2);
          keep_winners(from, which, candidate, to);
        }
      }
    }
    // What no window covers.
    const int height = 2 * pooled.height;
    const int width = 2 * pooled.width;
    for (int y = 0; y < height && width < g.out.width; ++y) {
      clear(position(dx, g.out, plane, y, width), g.out.width - width);
    }
    if (height < g.out.height) {
      clear(position(dx, g.out, plane, height, 0), (g.out.height - height) * g.out.width);
    }
  }
}

}  // namespace

const ConvolutionKernels convolution{convolution_forward, convolution_backward_data,
                                     convolution_backward_weights, backward_bias, unpool};

}  // namespace ftl::kernels::FTL_ISA
