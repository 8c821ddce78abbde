#include "kernels/convolution/convolution.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "kernels/convolution/gradient_bands.hpp"
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

std::int64_t packed_weight_elements(const ConvolutionGeometry& geometry) {
  return tile_count(geometry) * kOperand;
}

void pack_weights(const ConvolutionGeometry& geometry, std::span<const float> weights, int first_output,
                  int last_output, const PackedWeights& packed) {
  const auto element = [](std::int64_t tile, int k, int n) {
    return static_cast<std::size_t>(tile * kOperand + paired_index(k, n));
  };
  for_each_weight(geometry, first_output, last_output,
                  [&](std::int64_t index, std::int64_t tile, int input, int output) {
                    const bf16 value = to_bf16(weights[static_cast<std::size_t>(index)]);
                    packed.forward[element(tile, input, output)] = value;
                    if (!packed.backward.empty()) packed.backward[element(tile, output, input)] = value;
                  });
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
        const std::int64_t element = tile * kGradientTile + input * kTileColumns + output - first;
        weights_gradient[static_cast<std::size_t>(index)] = sums[static_cast<std::size_t>(element)];
      });
}

int weight_gradient_blocks(const ConvolutionGeometry& geometry) {
  return blocks_together(geometry);
}

std::int64_t weight_gradient_scratch_elements(const ConvolutionGeometry& geometry) {
  return blocks_together(geometry) * band_elements(geometry);
}

}  // namespace ftl::kernels
