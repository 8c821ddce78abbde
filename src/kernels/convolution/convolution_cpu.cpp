#include "kernels/convolution/convolution.hpp"
#include "kernels/convolution/convolution_passes.hpp"
#include "kernels/convolution/int8_operands.hpp"
#include "kernels/convolution/tile_lists.hpp"
#include "kernels/largest_magnitude.hpp"
#include "kernels/simd.hpp"

namespace ftl::kernels::FTL_ISA {

extern const ConvolutionChoices kConvolution;

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

float largest_magnitude(const Shape& shape, int images, const bf16* block) {
  LargestMagnitude largest;
  for (int half = 0; half < 2; ++half) {
    const int elements = images_of_half(images, half) * kBlockChannels;
    const bf16* of_half = block + half * shape.half_elements();
    for (std::int64_t tile = 0; tile < shape.half_elements(); tile += kTileElements)
      largest.include(of_half + tile, elements);
  }
  return largest.value();
}

void round_inputs(const Shape& shape, int images, const bf16* block, float largest, bf16* integers) {
  const NearestRounding rounding{IntegerScale(largest).inverse};
  const std::int64_t plane = shape.plane_elements();
  for (int pair = 0; pair < halves_of(images) * shape.channel_blocks(); pair += 2) {
    const bf16* from = block + pair * plane;
    for (std::int64_t tile = 0; tile < plane; tile += kTileElements) {
      integer_rows(from + tile, from + plane + tile, rounding,
                   [&](int row, int lane, vuint words) { store_row(integers, row, lane, words); });
      integers += kTileElements;
    }
  }
}

template <ProductChoice choice>
constexpr ConvolutionKernels kernels_of() {
  return {.forward = [](const ConvolutionForward& arguments) { convolution_forward(arguments, choice); },
          .backward_data =
              [](const ConvolutionBackwardData& arguments) { convolution_backward_data(arguments, choice); },
          .backward_weights =
              [](const ConvolutionBackwardWeights& arguments) {
                convolution_backward_weights(arguments, choice);
              },
          .reduce_weight_gradient = reduce_weight_gradient,
          .backward_bias = backward_bias,
          .largest_magnitude = largest_magnitude,
          .round_inputs = round_inputs};
}

}  // namespace

const ConvolutionChoices kConvolution{.separate = kernels_of<ProductChoice::separate>(),
                                      .shared = kernels_of<ProductChoice::shared>()};

}  // namespace ftl::kernels::FTL_ISA
