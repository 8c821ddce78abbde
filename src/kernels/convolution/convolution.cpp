#include "kernels/convolution/convolution.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "kernels/convolution/gradient_bands.hpp"
#include "kernels/convolution/int8_scale.hpp"
#include "kernels/convolution/weight_tiles.hpp"

namespace ftl::kernels {
namespace {

// The outputs [first_output, last_output) of one block with one of the input blocks that it touches; `number`
// among all such pairs of blocks.
struct BlockPair {
  int first_output;
  int last_output;
  int input_block;
  int number;
};

// Calls visit(pair) for every pair of the output channels [first_output, last_output).
template <class Visit>
void for_each_pair(const ConvolutionGeometry& geometry, int first_output, int last_output,
                   const Visit& visit) {
  for (int output = first_output; output < last_output;) {
    const int block = output / kBlockChannels;
    const int next = std::min((block + 1) * kBlockChannels, last_output);
    const BlockRange touched = touched_inputs(geometry, block);
    const int first = pairs_before(geometry, block);
    for (int input = touched.first; input < touched.last; ++input)
      visit(BlockPair{output, next, input, first + input - touched.first});
    output = next;
  }
}

// Calls visit(weight index, tap, row = input within its block, column = output within its block) for every
// weight of a pair.
template <class Visit>
void for_each_weight(const ConvolutionGeometry& geometry, const BlockPair& pair, const Visit& visit) {
  const int taps = geometry.taps();
  for (int output = pair.first_output; output < pair.last_output; ++output) {
    const int group_start = output / geometry.group_outputs() * geometry.group_inputs();
    const int first_input = std::max(group_start, pair.input_block * kBlockChannels);
    const int last_input =
        std::min(group_start + geometry.group_inputs(), (pair.input_block + 1) * kBlockChannels);
    std::int64_t index = (std::int64_t{output} * geometry.group_inputs() + first_input - group_start) * taps;
    for (int input = first_input; input < last_input; ++input) {
      for (int tap = 0; tap < taps; ++tap)
        visit(index++, tap, input % kBlockChannels, output % kBlockChannels);
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
  for_each_pair(geometry, first_output, last_output, [&](const BlockPair& pair) {
    const std::int64_t tiles = std::int64_t{pair.number} * geometry.taps() * kOperand;
    for_each_weight(geometry, pair, [&](std::int64_t index, int tap, int input, int output) {
      const bf16 value = to_bf16(weights[static_cast<std::size_t>(index)]);
      const std::int64_t tile = tiles + std::int64_t{tap} * kOperand;
      if (forward != nullptr) forward[tile + paired_index(input, output)] = value;
      if (backward != nullptr) backward[tile + paired_index(output, input)] = value;
    });
  });
}

// The taps of two filters, or of two inputs of one, that are neighbours in depth go to neighbouring bytes,
// each tap's to another tile.
void pack_neighbours(const std::int8_t* first, const std::int8_t* second, int taps, std::int8_t* to) {
  constexpr std::int64_t kTileBytes = kOperand * std::int64_t{sizeof(bf16)};
  for (int tap = 0; tap < taps; ++tap, to += kTileBytes) {
    to[0] = first[tap];
    to[1] = second[tap];
  }
}

// The tiles of a pair of blocks, of 64 inputs or outputs in depth and 32 of the others.
std::int8_t* tiles_of_pair(std::span<bf16> tiles, std::int64_t pair, int taps) {
  return reinterpret_cast<std::int8_t*>(tiles.data() + pair * taps * kOperand);
}

void pack_int8_forward(const ConvolutionGeometry& geometry, std::span<const float> weights, int first_output,
                       int last_output, const PackedWeights& packed) {
  const int inputs = geometry.in.channels;
  const int taps = geometry.taps();
  std::vector<std::int8_t> filter(static_cast<std::size_t>(inputs * taps));
  for (int output = first_output; output < last_output; ++output) {
    const float* of_output = weights.data() + std::int64_t{output} * inputs * taps;
    const WeightRounding round(packed.output_scales[static_cast<std::size_t>(output)]);
    std::transform(of_output, of_output + filter.size(), filter.begin(), round);
    const std::int64_t first_pair = std::int64_t{output / kBlockChannels} * (inputs / kInt8Depth);
    for (int input = 0; input < inputs; input += 2) {
      const std::int8_t* of_input = filter.data() + input * taps;
      pack_neighbours(of_input, of_input + taps, taps,
                      tiles_of_pair(packed.forward, first_pair + input / kInt8Depth, taps) +
                          int8_index(int8_depth(input), output % kBlockChannels));
    }
  }
}

void pack_int8_backward(const ConvolutionGeometry& geometry, std::span<const float> weights, int first_output,
                        int last_output, const PackedWeights& packed) {
  const int inputs = geometry.in.channels;
  const int taps = geometry.taps();
  const std::size_t weights_of_filter = static_cast<std::size_t>(inputs) * static_cast<std::size_t>(taps);
  std::vector<WeightRounding> rounding;
  for (int input = 0; input < inputs; ++input) {
    rounding.insert(rounding.end(), static_cast<std::size_t>(taps),
                    WeightRounding(packed.input_scales[static_cast<std::size_t>(input)]));
  }
  std::vector<std::int8_t> filters(2 * weights_of_filter);
  for (int output = first_output; output < last_output; output += 2) {
    const float* of_outputs = weights.data() + std::int64_t{output} * inputs * taps;
    for (std::size_t i = 0; i < weights_of_filter; ++i) {
      filters[i] = rounding[i](of_outputs[i]);
      filters[weights_of_filter + i] = rounding[i](of_outputs[weights_of_filter + i]);
    }
    const std::int64_t first_pair = std::int64_t{output / kInt8Depth} * geometry.in.channel_blocks();
    for (int input = 0; input < inputs; ++input) {
      const std::int8_t* of_input = filters.data() + input * taps;
      pack_neighbours(of_input, of_input + weights_of_filter, taps,
                      tiles_of_pair(packed.backward, first_pair + input / kBlockChannels, taps) +
                          int8_index(int8_depth(output), input % kBlockChannels));
    }
  }
}

float to_float(float value) {
  return value;
}

// Sums of what lanes have at the same places, in the order of the lanes. By cache lines: a line is used up
// before the others, which may lie in the same set of the cache, displace it.
template <class Value>
void add_lanes(const Value* lanes, int lane_count, std::int64_t lane_elements, std::span<float> sums) {
  constexpr std::size_t kLine = 64 / sizeof(Value);
  for (std::size_t first = 0; first < sums.size(); first += kLine, lanes += kLine) {
    std::array<float, kLine> sum{};
    for (int lane = 0; lane < lane_count; ++lane) {
      const Value* const from = lanes + lane * lane_elements;
      for (std::size_t i = 0; i < kLine; ++i) sum[i] += to_float(from[i]);
    }
    std::copy(sum.begin(), sum.end(), sums.begin() + static_cast<std::ptrdiff_t>(first));
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
  require(!g.int8.forward || g.int8.weights,
          "inputs rounded for the forward pass are integers for the weights', too");
}

Int8Passes suits_int8(const ConvolutionGeometry& g) {
  if (g.groups > 1 || g.taps() == 1 || g.out.channels % kInt8Depth != 0) return {};
  // 32-bit sums of products of up to 127 * 127.
  constexpr int kMostTerms = 1 << 17;
  constexpr int kWidestPicture = 1 << 10;  // rows of it, of 64 images: a band has no more, or is such a row
  const bool weights = g.in.width <= kWidestPicture;
  return {.forward = weights && g.in.channels % kInt8Depth == 0 && g.taps() * g.in.channels <= kMostTerms,
          .data = g.taps() * g.out.channels <= kMostTerms,
          .weights = weights};
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

bool applies_activation(const ConvolutionGeometry& geometry) {
  return geometry.taps() == 1 && !geometry.pool;
}

std::int64_t forward_weight_elements(const ConvolutionGeometry& geometry) {
  return tile_count(forward_operands(geometry)) * kOperand;
}

std::int64_t backward_weight_elements(const ConvolutionGeometry& geometry) {
  return tile_count(backward_operands(geometry)) * kOperand;
}

std::int64_t rounded_input_elements(const ConvolutionGeometry& geometry) {
  return geometry.int8.forward ? forward_operands(geometry).in.block_elements() : 0;
}

std::int64_t backward_data_scratch_elements(const ConvolutionGeometry& geometry) {
  return geometry.int8.data || geometry.pool ? backward_operands(geometry).out.block_elements() : 0;
}

void scale_weights(const ConvolutionGeometry& geometry, std::span<const float> weights,
                   std::span<float> output_scales, std::span<float> input_scales) {
  // As integers, magnitudes compare as their floats do, and NaN is above all.
  constexpr std::int32_t kMagnitude = 0x7fffffff;
  const auto scale = [](std::int32_t magnitude) { return std::bit_cast<float>(magnitude) / kLargestInteger; };
  const std::size_t of_filter = weights.size() / static_cast<std::size_t>(geometry.out.channels);
  std::vector<std::int32_t> largest(of_filter, 0);
  for (int output = 0; output < geometry.out.channels; ++output) {
    const float* filter = weights.data() + static_cast<std::size_t>(output) * of_filter;
    std::int32_t of_output = 0;
    for (std::size_t i = 0; i < of_filter; ++i) {
      const std::int32_t magnitude = std::bit_cast<std::int32_t>(filter[i]) & kMagnitude;
      largest[i] = std::max(largest[i], magnitude);
      of_output = std::max(of_output, magnitude);
    }
    output_scales[static_cast<std::size_t>(output)] = scale(of_output);
  }
  std::ranges::fill(input_scales, 0.0f);
  auto taps = largest.begin();
  for (int input = 0; input < geometry.group_inputs(); ++input, taps += geometry.taps())
    input_scales[static_cast<std::size_t>(input)] = scale(*std::max_element(taps, taps + geometry.taps()));
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

std::int64_t weight_gradient_bytes(const ConvolutionGeometry& geometry) {
  return weight_gradient_elements(geometry) *
         static_cast<std::int64_t>(geometry.int8.weights ? sizeof(bf16) : sizeof(float));
}

void reduce_weight_gradient(const ConvolutionGeometry& geometry, const void* lanes, int lane_count,
                            int first_output, int last_output, std::span<float> weights_gradient) {
  // Summed a pair's tiles at a time, in the order that memory has them; then each weight takes its element.
  const std::int64_t lane_elements = weight_gradient_elements(geometry);
  std::vector<float> sums(static_cast<std::size_t>(geometry.taps()) * kGradientTile);
  for_each_pair(geometry, first_output, last_output, [&](const BlockPair& pair) {
    const std::int64_t first = static_cast<std::int64_t>(sums.size()) * pair.number;
    if (geometry.int8.weights) {
      add_lanes(static_cast<const bf16*>(lanes) + first, lane_count, lane_elements, sums);
    } else {
      add_lanes(static_cast<const float*>(lanes) + first, lane_count, lane_elements, sums);
    }
    for_each_weight(geometry, pair, [&](std::int64_t index, int tap, int input, int output) {
      const int row = geometry.int8.weights ? int8_place(input) : input;
      const int column = geometry.int8.weights ? int8_place(output) : output;
      const int element = tap * kGradientTile + row * kTileColumns + column;
      weights_gradient[static_cast<std::size_t>(index)] = sums[static_cast<std::size_t>(element)];
    });
  });
}

int weight_gradient_blocks(const ConvolutionGeometry& geometry) {
  return blocks_together(geometry);
}

std::int64_t weight_gradient_scratch_elements(const ConvolutionGeometry& geometry) {
  return blocks_together(geometry) / blocks_of_operand(geometry) * band_elements(geometry);
}

}  // namespace ftl::kernels
