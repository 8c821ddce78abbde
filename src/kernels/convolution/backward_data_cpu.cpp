#include "kernels/convolution/convolution_passes.hpp"
#include "kernels/convolution/gradient_bands.hpp"
#include "kernels/convolution/tile_lists.hpp"
#include "kernels/convolution/weight_tiles.hpp"

namespace ftl::kernels::FTL_ISA {

extern const TileProductKernels tile_product;

namespace {

// The output blocks that read input block `input`, as a range (groups are in order, so it is one).
BlockRange touching_outputs(const ConvolutionGeometry& g, int input) {
  BlockRange range{g.out.channel_blocks(), 0};
  for (int output = 0; output < g.out.channel_blocks(); ++output) {
    const BlockRange inputs = touched_inputs(g, output);
    if (input < inputs.first || input >= inputs.last) continue;
    if (output < range.first) range.first = output;
    range.last = output + 1;
  }
  return range;
}

// The taps through which input position `in` reaches an output of `size` positions; they are `stride` apart,
// and the outputs they lead to follow each other backwards.
constexpr Taps backward_taps(int in, int size, int kernel, int stride, int pad) {
  int first = (in + pad) % stride;
  const int beyond = (in + pad - first) / stride - (size - 1);  // outputs past the end
  if (beyond > 0) first += beyond * stride;
  int last = in + pad;  // leads to output 0
  if (last > kernel - 1) last = kernel - 1;
  return {first, last >= first ? (last - first) / stride + 1 : 0};
}

// One input block of the backward pass.
struct BackwardBlock {
  const ConvolutionBackwardData& arguments;
  int input;
  BlockRange outputs;
  TermLists& lists;
};

int backward_terms(const BackwardBlock& block, const Window& window, TileTerm* terms) {
  const ConvolutionGeometry& g = block.arguments.geometry;
  const int first_pair = pairs_before(g, block.outputs.first) - touched_inputs(g, block.outputs.first).first;
  int count = 0;
  for (int output = block.outputs.first; output < block.outputs.last; ++output) {
    const int pair = pairs_before(g, output) - touched_inputs(g, output).first - first_pair;
    for (int ky = 0; ky < window.y.count; ++ky) {
      for (int kx = window.x.count - 1; kx >= 0; --kx) {  // outputs from left to right
        const int tap = (window.y.first + ky * g.stride) * g.kernel_width + window.x.first + kx * g.stride;
        terms[count++] = {tile_distance(g.out, output - block.outputs.first, -ky, -kx),
                          (pair * g.taps() + tap) * kTileElements};
      }
    }
  }
  return count;
}

Window backward_window(const ConvolutionGeometry& g, int y, int x) {
  const Extent extent = covered(g);
  return {backward_taps(y, extent.height, g.kernel_height, g.stride, g.pad),
          backward_taps(x, extent.width, g.kernel_width, g.stride, g.pad)};
}

TileSum backward_sum(const BackwardBlock& block, const Window& window, int y, int x) {
  const ConvolutionBackwardData& arguments = block.arguments;
  const ConvolutionGeometry& g = arguments.geometry;
  TileSum sum = block.lists.find(
      window, [&](const Window& w, TileTerm* terms) { return backward_terms(block, w, terms); });
  if (sum.term_count > 0) {
    const int first = block.outputs.first;
    const std::int64_t pair = pairs_before(g, first) + block.input - touched_inputs(g, first).first;
    sum.columns = arguments.weights + pair * g.taps() * kTileElements;
    sum.rows = position(arguments.dy, g.out, first, (y + g.pad - window.y.first) / g.stride,
                        (x + g.pad - window.x.first) / g.stride);
  }
  return sum;
}

void backward_row(const BackwardBlock& block, int y) {
  const ConvolutionGeometry& g = block.arguments.geometry;
  const int rows = rows_for(block.arguments.images);
  ResultTile result;
  for (int x = 0; x < g.in.width; ++x) {
    const Window window = backward_window(g, y, x);
    const TileSum sum = backward_sum(block, window, y, x);
    bf16* to = position(block.arguments.dx, g.in, block.input, y, x);
    if (x + 1 < g.in.width && slide_together(g, window, backward_window(g, y, x + 1))) {
      for (int half = 0; half < rows / kHalfRows; ++half) {
        tile_product.multiply(sliding_half(sum, window, half), kTileRows, false, result.values);
        write_values(result.values, kHalfElements, to + half * kHalfElements);
        write_values(result.values + kHalfElements, kHalfElements, to + kTileElements + half * kHalfElements);
      }
      write_padding(rows, to + kTileElements);
      ++x;
    } else {
      tile_product.multiply(sum, rows, false, result.values);
      write_values(result.values, rows * kTileColumns, to);
    }
    write_padding(rows, to);
  }
}

}  // namespace

void convolution_backward_data(const ConvolutionBackwardData& arguments) {
  const ConvolutionGeometry& g = arguments.geometry;
  TermLists lists(g.out.channel_blocks() * g.taps());
  tile_product.begin();
  for (int input = 0; input < g.in.channel_blocks(); ++input) {
    if (g.groups > 1) lists.clear();
    const BackwardBlock block{arguments, input, touching_outputs(g, input), lists};
    for (int y = 0; y < g.in.height; ++y) backward_row(block, y);
  }
  tile_product.end();
}

}  // namespace ftl::kernels::FTL_ISA
