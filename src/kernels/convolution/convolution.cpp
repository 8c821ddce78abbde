#include "kernels/convolution/convolution.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "kernels/convolution/gradient_bands.hpp"
#include "kernels/convolution/int8_scale.hpp"
#include "kernels/convolution/weight_tiles.hpp"

namespace ftl::kernels {
namespace {

// Calls visit(weight index, tile, row = input within its block, column = output within its block) for every
// weight of the output channels [first_output, last_output).
template <class Visit>
void for_each_weight(const ConvolutionGeometry& geometry, int first_output, int last_output,
                     const Visit& visit) {
  const int taps = geometry.taps();
  for (int output = first_output; output < last_output; ++output) {
    const int output_block = output / kBlockChannels;
    const BlockRange touched = touched_inputs(geometry, output_block);
    const std::int64_t first_pair = pairs_before(geometry, output_block);
    const int first_input = output / geometry.group_outputs() * geometry.group_inputs();
    std::int64_t index = std::int64_t{output} * geometry.group_inputs() * taps;
    for (int i = 0; i < geometry.group_inputs(); ++i) {
      const int input = first_input + i;
      const std::int64_t pair = first_pair + input / kBlockChannels - touched.first;
      for (int tap = 0; tap < taps; ++tap) {
        visit(index++, pair * taps + tap, input % kBlockChannels, output % kBlockChannels);
      }
    }
  }
}

std::int64_t tile_count(const ConvolutionGeometry& geometry) {
  return std::int64_t{pairs_before(geometry, geometry.out.channel_blocks())} * geometry.taps();
}

// For output o the taps [first, last) of a window that lie inside the picture, summed over all outputs.
double inside_taps(int in, int out, int kernel, int stride, int pad) {
  double count = 0;
  for (int o = 0; o < out; ++o) {
    const int start = o * stride - pad;
    count += std::max(0, std::min(kernel, in - start) - std::max(0, -start));
  }
  return count;
}

// Rounds weights to multiples of their scale. What is added leaves a float only the bits of an integer, whose
// last byte is the result.
struct WeightRounding {
  float inverse = 0;

  explicit WeightRounding(float scale) {
    if (scale > 0 && std::isfinite(scale)) inverse = 1 / scale;
  }
  std::int8_t operator()(float weight) const {
    constexpr float kNoFraction = 0x1.8p23f;
    return static_cast<std::int8_t>(std::bit_cast<std::uint32_t>(weight * inverse + kNoFraction));
  }
};

void pack_bf16(const ConvolutionGeometry& geometry, std::span<const float> weights, int first_output,
               int last_output, bf16* forward, bf16* backward) {
  for_each_weight(geometry, first_output, last_output,
                  [&](std::int64_t index, std::int64_t tile, int input, int output) {
                    const bf16 value = to_bf16(weights[static_cast<std::size_t>(index)]);
                    if (forward != nullptr) forward[tile * kOperand + paired_index(input, output)] = value;
                    if (backward != nullptr) backward[tile * kOperand + paired_index(output, input)] = value;
                  });
}

// Which tiles of a pair of blocks have the taps of one weight, and where in them, in bytes.
struct Int8Place {
  std::int64_t pair;
  int index;
};

// Rounds a filter's taps for one input and puts them in neighbouring tiles.
void pack_taps(const float* weights, int taps, const WeightRounding& round, const Int8Place& place,
               bf16* tiles) {
  constexpr std::int64_t kTileBytes = kOperand * std::int64_t{sizeof(bf16)};
  auto* to = reinterpret_cast<std::int8_t*>(tiles) + place.pair * taps * kTileBytes + place.index;
  for (int tap = 0; tap < taps; ++tap) to[tap * kTileBytes] = round(weights[tap]);
}

void pack_int8_forward(const ConvolutionGeometry& geometry, std::span<const float> weights, int first_output,
                       int last_output, const PackedWeights& packed) {
  const int inputs = geometry.in.channels;
  for (int output = first_output; output < last_output; ++output) {
    const WeightRounding round(packed.output_scales[static_cast<std::size_t>(output)]);
    const float* of_output = weights.data() + std::int64_t{output} * inputs * geometry.taps();
    const std::int64_t first_pair = std::int64_t{output / kBlockChannels} * (inputs / kInt8Depth);
    for (int input = 0; input < inputs; ++input) {
      pack_taps(of_output + input * geometry.taps(), geometry.taps(), round,
                {first_pair + input / kInt8Depth, int8_index(int8_depth(input), output % kBlockChannels)},
                packed.forward.data());
    }
  }
}

void pack_int8_backward(const ConvolutionGeometry& geometry, std::span<const float> weights, int first_output,
                        int last_output, const PackedWeights& packed) {
  const int inputs = geometry.in.channels;
  for (int input = 0; input < inputs; ++input) {
    const WeightRounding round(packed.input_scales[static_cast<std::size_t>(input)]);
    for (int output = first_output; output < last_output; ++output) {
      const std::int64_t first_pair = std::int64_t{output / kInt8Depth} * geometry.in.channel_blocks();
      pack_taps(weights.data() + (std::int64_t{output} * inputs + input) * geometry.taps(), geometry.taps(),
                round,
                {first_pair + input / kBlockChannels, int8_index(int8_depth(output), input % kBlockChannels)},
                packed.backward.data());
    }
  }
}

}  // namespace

void check(const ConvolutionGeometry& g) {
  const auto require = [](bool condition, std::string_view what) {
    if (!condition) throw std::invalid_argument(fmt::format("convolution: {}", what));
  };
  require(g.kernel_height > 0 && g.kernel_width > 0, "the kernel must be at least 1x1");
  require(g.stride > 0 && g.pad >= 0, "the stride must be positive, the padding not negative");
  require(g.groups > 0 && g.in.channels % g.groups == 0 && g.out.channels % g.groups == 0,
          "groups must divide both channel counts");
  require(g.in.height + 2 * g.pad >= g.kernel_height && g.in.width + 2 * g.pad >= g.kernel_width,
          "the kernel is larger than the padded input");
  require(g.out.height == (g.in.height + 2 * g.pad - g.kernel_height) / g.stride + 1 &&
              g.out.width == (g.in.width + 2 * g.pad - g.kernel_width) / g.stride + 1,
          "the output size does not follow from the input size");
  require(!g.pool || (g.out.height >= 2 && g.out.width >= 2), "the output is too small for a 2x2 pool");
  const Int8Passes suited = suits_int8(g);
  require((!g.int8.forward || suited.forward) && (!g.int8.data || suited.data) &&
              (!g.int8.weights || suited.weights),
          "8-bit integers need a kernel, no groups and channels in blocks of 64");
}

Int8Passes suits_int8(const ConvolutionGeometry& g) {
  if (g.groups > 1 || g.taps() == 1 || g.out.channels % kInt8Depth != 0) return {};
  // 32-bit sums of products of up to 127 * 127.
  constexpr int kMostTerms = 1 << 17;
  constexpr int kWidestPicture = 1 << 10;  // rows of it, of 64 images: a band has no more, or is such a row
  return {.forward = g.in.channels % kInt8Depth == 0 && g.taps() * g.in.channels <= kMostTerms,
          .data = g.taps() * g.out.channels <= kMostTerms,
          .weights = g.in.width <= kWidestPicture};
}

ConvolutionFlop convolution_flop(const ConvolutionGeometry& g) {
  // With a pool, positions that no window covers are not computed.
  const int height = g.pool ? g.out.height / 2 * 2 : g.out.height;
  const int width = g.pool ? g.out.width / 2 * 2 : g.out.width;
  const double per_tap = 2.0 * g.group_inputs() * g.out.channels;
  return {per_tap * g.out.positions() * g.taps(),
          per_tap * inside_taps(g.in.height, height, g.kernel_height, g.stride, g.pad) *
              inside_taps(g.in.width, width, g.kernel_width, g.stride, g.pad)};
}

std::int64_t forward_weight_elements(const ConvolutionGeometry& geometry) {
  return tile_count(forward_operands(geometry)) * kOperand;
}

std::int64_t backward_weight_elements(const ConvolutionGeometry& geometry) {
  return tile_count(backward_operands(geometry)) * kOperand;
}

std::int64_t forward_scratch_elements(const ConvolutionGeometry& geometry) {
  return geometry.int8.forward ? forward_operands(geometry).in.block_elements() : 0;
}

std::int64_t backward_data_scratch_elements(const ConvolutionGeometry& geometry) {
  return geometry.int8.data || geometry.pool ? backward_operands(geometry).out.block_elements() : 0;
}

void scale_weights(const ConvolutionGeometry& geometry, std::span<const float> weights,
                   std::span<float> output_scales, std::span<float> input_scales) {
  std::ranges::fill(input_scales, 0.0f);
  const float* weight = weights.data();
  for (int output = 0; output < geometry.out.channels; ++output) {
    float& of_output = output_scales[static_cast<std::size_t>(output)] = 0;
    for (int input = 0; input < geometry.group_inputs(); ++input) {
      float largest = 0;
      for (int tap = 0; tap < geometry.taps(); ++tap)
        largest = larger_magnitude(largest, std::abs(*weight++));
      float& of_input = input_scales[static_cast<std::size_t>(input)];
      of_output = larger_magnitude(of_output, largest / kLargestInteger);
      of_input = larger_magnitude(of_input, largest / kLargestInteger);
    }
  }
}

void round_weights(const ConvolutionGeometry& geometry, std::span<const float> output_scales,
                   std::span<float> weights) {
  const std::size_t of_filter = weights.size() / static_cast<std::size_t>(geometry.out.channels);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const float scale = output_scales[i / of_filter];
    weights[i] = scale * static_cast<float>(WeightRounding(scale)(weights[i]));
  }
}

void pack_weights(const ConvolutionGeometry& geometry, std::span<const float> weights, int first_output,
                  int last_output, const PackedWeights& packed) {
  const bool backward = !packed.backward.empty();
  if (geometry.int8.forward) pack_int8_forward(geometry, weights, first_output, last_output, packed);
  if (geometry.int8.data && backward) {
    pack_int8_backward(geometry, weights, first_output, last_output, packed);
  }
  bf16* const bf16_forward = geometry.int8.forward ? nullptr : packed.forward.data();
  bf16* const bf16_backward = geometry.int8.data || !backward ? nullptr : packed.backward.data();
  if (bf16_forward == nullptr && bf16_backward == nullptr) return;
  pack_bf16(geometry, weights, first_output, last_output, bf16_forward, bf16_backward);
}

std::int64_t weight_gradient_elements(const ConvolutionGeometry& geometry) {
  return tile_count(geometry) * kGradientTile;
}

void reduce_weight_gradient(const ConvolutionGeometry& geometry, const float* lanes, int lane_count,
                            int first_output, int last_output, std::span<float> weights_gradient) {
  // Summed tile by tile, in the order that memory has them; then each weight takes its element.
  const std::int64_t lane_elements = weight_gradient_elements(geometry);
  const std::int64_t tile_elements = std::int64_t{geometry.taps()} * kGradientTile;
  const std::int64_t first = pairs_before(geometry, first_output / kBlockChannels) * tile_elements;
  const std::int64_t last = pairs_before(geometry, divide_up(last_output, kBlockChannels)) * tile_elements;
  std::vector<float> sums(lanes + first, lanes + last);
  for (int lane = 1; lane < lane_count; ++lane) {
    const float* values = lanes + lane * lane_elements + first;
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += values[i];
  }
  for_each_weight(
      geometry, first_output, last_output, [&](std::int64_t index, std::int64_t tile, int input, int output) {
        const int row = geometry.int8.weights ? int8_place(input) : input;
        const int column = geometry.int8.weights ? int8_place(output) : output;
        const std::int64_t element = tile * kGradientTile + row * kTileColumns + column - first;
        weights_gradient[static_cast<std::size_t>(index)] = sums[static_cast<std::size_t>(element)];
      });
}

int weight_gradient_blocks(const ConvolutionGeometry& geometry) {
  return blocks_together(geometry);
}

std::int64_t weight_gradient_scratch_elements(const ConvolutionGeometry& geometry) {
  return blocks_together(geometry) / blocks_of_operand(geometry) * band_elements(geometry);
}

}  // namespace ftl::kernels
