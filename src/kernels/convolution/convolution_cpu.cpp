#include "kernels/convolution/convolution.hpp"
#include "kernels/convolution/convolution_passes.hpp"
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

}  // namespace

const ConvolutionKernels convolution{convolution_forward, convolution_backward_data,
                                     convolution_backward_weights, backward_bias};

}  // namespace ftl::kernels::FTL_ISA
