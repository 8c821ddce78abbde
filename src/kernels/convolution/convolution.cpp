#include "kernels/convolution/convolution.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "kernels/convolution/gradient_bands.hpp"
#include "kernels/convolution/tile_lists.hpp"
#include "kernels/convolution/weight_tiles.hpp"

namespace ftl::kernels {
namespace {

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

std::int64_t forward_scratch_elements(const ConvolutionGeometry& geometry) {
  return forward_list_sizes(geometry).elements();
}

std::int64_t backward_data_scratch_elements(const ConvolutionGeometry& geometry) {
  return spread_gradient_elements(geometry) + backward_list_sizes(backward_operands(geometry)).elements();
}

std::int64_t weight_gradient_elements(const ConvolutionGeometry& geometry) {
  return tile_count(geometry) * kGradientTile;
}

std::int64_t weight_gradient_bytes(const ConvolutionGeometry& geometry) {
  return weight_gradient_elements(geometry) *
         static_cast<std::int64_t>(geometry.int8.weights ? sizeof(bf16) : sizeof(float));
}

int weight_gradient_blocks(const ConvolutionGeometry& geometry) {
  return blocks_together(geometry);
}

std::int64_t weight_gradient_scratch_elements(const ConvolutionGeometry& geometry) {
  return operand_elements(geometry) + gradient_lists(geometry).elements();
}

}  // namespace ftl::kernels
