#include "kernels/convolution/convolution_passes.hpp"
#include "kernels/convolution/tile_lists.hpp"
#include "kernels/convolution/weight_tiles.hpp"

namespace ftl::kernels::FTL_ISA {

extern const TileProductKernels tile_product;

namespace {

// The taps that meet the picture at output position `out` along an axis of `size` inputs.
constexpr Taps forward_taps(int out, int size, int kernel, int stride, int pad) {
  const int start = out * stride - pad;
  const int first = start < 0 ? -start : 0;
  const int last = size - start < kernel ? size - start : kernel;
  return {first, last > first ? last - first : 0};
}

// One output block of the forward pass: what its output positions have in common.
struct ForwardBlock {
  const ConvolutionForward& arguments;
  BlockRange inputs;
  const bf16* weights;
  const float* bias;
  TermLists& lists;
};

Window forward_window(const ConvolutionGeometry& g, int out_y, int out_x) {
  return {forward_taps(out_y, g.in.height, g.kernel_height, g.stride, g.pad),
          forward_taps(out_x, g.in.width, g.kernel_width, g.stride, g.pad)};
}

TileSum window_sum(const ForwardBlock& block, const Window& window, int out_y, int out_x) {
  const ConvolutionForward& arguments = block.arguments;
  const ConvolutionGeometry& g = arguments.geometry;
  TileSum sum = block.lists.find(window, [&](const Window& w, TileTerm* terms) {
    int count = 0;
    for (int input = 0; input < block.inputs.size(); ++input) {
      for (int ky = 0; ky < w.y.count; ++ky) {
        for (int kx = 0; kx < w.x.count; ++kx) {
          const int tap = (w.y.first + ky) * g.kernel_width + w.x.first + kx;
          terms[count++] = {tile_distance(g.in, input, ky, kx), (input * g.taps() + tap) * kTileElements};
        }
      }
    }
    return count;
  });
  sum.columns = block.weights;
  if (sum.term_count > 0) {
    sum.rows = position(arguments.x, g.in, block.inputs.first, out_y * g.stride - g.pad + window.y.first,
                        out_x * g.stride - g.pad + window.x.first);
  }
  return sum;
}

void add_bias(const float* bias, float* values, int rows) {
  if (bias == nullptr) return;
  for (int row = 0; row < rows; ++row) {
    for (int n = 0; n < kTileColumns; n += kLanes) {
      float* at = values + row * kTileColumns + n;
      store(at, load(at) + load(bias + n));
    }
  }
}

// Where the values of a pool's 2 x 2 positions are, 16 images of each.
struct PoolWindow {
  const float* values[4];
};

// The largest of four and which one it was (the first of equal ones). Rounding to bf16 keeps the order, so
// the maximum is the one that a separate pool would find.
void write_pooled(const PoolWindow& window, bf16* y, std::uint8_t* argmax) {
  for (int i = 0; i < kHalfElements; i += kLanes) {
    vfloat best = load(window.values[0] + i);
    vint which{};
    for (int candidate = 1; candidate < 4; ++candidate) {
      const vfloat value = load(window.values[candidate] + i);
      const vint better = value > best;
      best = better ? value : best;
      which = better ? vint{} + candidate : which;
    }
    store(y + i, best);
    if (argmax != nullptr) {
      using vbyte = std::uint8_t __attribute__((vector_size(kLanes)));
      const vbyte narrow = __builtin_convertvector(which, vbyte);
      std::memcpy(argmax + i, &narrow, sizeof(narrow));
    }
  }
}

// One row of output positions.
class ForwardRow {
 public:
  ForwardRow(const ForwardBlock& block, int output, int y)
      : block_(block),
        g_(block.arguments.geometry),
        written_(g_.written()),
        rows_(rows_for(block.arguments.images)),
        to_(position(block.arguments.y, written_, output, y, 0)),
        y_(y) {}

  void plain() const {
    ResultTile result;
    for (int x = 0; x < written_.width; ++x) {
      const Window window = forward_window(g_, y_, x);
      const TileSum sum = window_sum(block_, window, y_, x);
      bf16* to = to_ + std::int64_t{x} * kTileElements;
      if (x + 1 < written_.width && slide_together(g_, window, forward_window(g_, y_, x + 1))) {
        for (int half = 0; half < rows_ / kHalfRows; ++half) {
          compute(sliding_half(sum, window, half), kTileRows, result);
          write_values(result.values, kHalfElements, to + half * kHalfElements);
          write_values(result.values + kHalfElements, kHalfElements,
                       to + kTileElements + half * kHalfElements);
        }
        write_padding(rows_, to + kTileElements);
        ++x;
      } else {
        compute(sum, rows_, result);
        write_values(result.values, rows_ * kTileColumns, to);
      }
      write_padding(rows_, to);
    }
  }

  void pooled() const {
    for (int x = 0; x < written_.width; ++x) {
      const Window windows[2] = {forward_window(g_, 2 * y_, 2 * x), forward_window(g_, 2 * y_ + 1, 2 * x)};
      const bool slides = slide_together(g_, windows[0], forward_window(g_, 2 * y_, 2 * x + 1));
      bf16* to = to_ + std::int64_t{x} * kTileElements;
      std::uint8_t* argmax = argmax_of(to);
      if (slides) {
        pool_sliding(windows, x, to, argmax);
      } else {
        pool_apart(x, to, argmax);
      }
      write_padding(rows_, to);
      if (argmax != nullptr)
        std::memset(argmax + rows_ * kTileColumns, 0,
                    static_cast<unsigned>(kTileElements - rows_ * kTileColumns));
    }
  }

 private:
  void compute(const TileSum& sum, int rows, ResultTile& result) const {
    tile_product.multiply(sum, rows, false, result.values);
    add_bias(block_.bias, result.values, rows);
  }

  // Rows 2y and 2y + 1: the left and the right position of each, half the images at a time.
  void pool_sliding(const Window (&windows)[2], int x, bf16* to, std::uint8_t* argmax) const {
    ResultTile result[2];
    for (int half = 0; half < rows_ / kHalfRows; ++half) {
      for (int row = 0; row < 2; ++row) {
        const TileSum sum = window_sum(block_, windows[row], 2 * y_ + row, 2 * x);
        compute(sliding_half(sum, windows[row], half), kTileRows, result[row]);
      }
      write_pooled({{result[0].values, result[0].values + kHalfElements, result[1].values,
                     result[1].values + kHalfElements}},
                   to + half * kHalfElements, argmax == nullptr ? nullptr : argmax + half * kHalfElements);
    }
  }

  void pool_apart(int x, bf16* to, std::uint8_t* argmax) const {
    ResultTile result[4];
    for (int i = 0; i < 4; ++i) {
      const int out_y = 2 * y_ + i / 2;
      const int out_x = 2 * x + i % 2;
      compute(window_sum(block_, forward_window(g_, out_y, out_x), out_y, out_x), rows_, result[i]);
    }
    for (int half = 0; half < rows_ / kHalfRows; ++half) {
      const int offset = half * kHalfElements;
      write_pooled({{result[0].values + offset, result[1].values + offset, result[2].values + offset,
                     result[3].values + offset}},
                   to + offset, argmax == nullptr ? nullptr : argmax + offset);
    }
  }

  std::uint8_t* argmax_of(const bf16* to) const {
    std::uint8_t* argmax = block_.arguments.argmax;
    return argmax == nullptr ? nullptr : argmax + (to - block_.arguments.y);
  }

  const ForwardBlock& block_;
  const ConvolutionGeometry& g_;
  Shape written_;
  int rows_;
  bf16* to_;
  int y_;
};

}  // namespace

void convolution_forward(const ConvolutionForward& arguments) {
  const ConvolutionGeometry& g = arguments.geometry;
  const Shape written = g.written();
  TermLists lists(g.in.channel_blocks() * g.taps());
  tile_product.begin();
  for (int output = 0; output < g.out.channel_blocks(); ++output) {
    if (g.groups > 1) lists.clear();
    const ForwardBlock block{
        arguments, touched_inputs(g, output),
        arguments.weights + std::int64_t{pairs_before(g, output)} * g.taps() * kTileElements,
        arguments.bias == nullptr ? nullptr : arguments.bias + output * kBlockChannels, lists};
    for (int y = 0; y < written.height; ++y) {
      const ForwardRow row(block, output, y);
      if (g.pool) {
        row.pooled();
      } else {
        row.plain();
      }
    }
  }
  tile_product.end();
}

}  // namespace ftl::kernels::FTL_ISA
