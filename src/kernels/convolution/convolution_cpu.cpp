#include "kernels/convolution/convolution.hpp"
#include "kernels/convolution/weight_tiles.hpp"
#include "kernels/simd.hpp"

namespace ftl::kernels::FTL_ISA {

extern const ConvolutionKernels convolution;
extern const TileProductKernels tile_product;

namespace {

// Collects the terms of one output tile and multiplies them, in parts when there are very many.
class TileSum {
 public:
  TileSum(int row_count, bool accumulate, float* result)
      : row_count_(row_count), accumulate_(accumulate), result_(result) {}

  void add(const bf16* rows, const bf16* columns) {
    if (count_ == kCapacity) flush();
    terms_[count_++] = {rows, columns};
  }

  void finish() {
    if (count_ > 0 || !accumulate_) flush();
  }

 private:
  void flush() {
    tile_product.multiply(terms_, count_, row_count_, accumulate_, result_);
    accumulate_ = true;
    count_ = 0;
  }

  static constexpr int kCapacity = 512;
  int row_count_;
  bool accumulate_;
  float* result_;
  int count_ = 0;
  TileTerm terms_[kCapacity];
};

// Rows of tiles that must be computed for this many images.
constexpr int rows_for(int images) {
  return images > 16 ? 32 : 16;
}

struct alignas(64) ResultTile {
  float values[kTileElements];
};

inline const bf16* position(const bf16* block, const Shape& shape, int channel_block, int y, int x) {
  return block + ((std::int64_t{channel_block} * shape.height + y) * shape.width + x) * kTileElements;
}

inline bf16* position(bf16* block, const Shape& shape, int channel_block, int y, int x) {
  return block + ((std::int64_t{channel_block} * shape.height + y) * shape.width + x) * kTileElements;
}

// One output block of the forward pass: what its output positions have in common.
struct ForwardBlock {
  const ConvolutionForward& arguments;
  BlockRange inputs;
  const bf16* weights;
  const float* bias;
};

void sum_window(const ForwardBlock& block, int out_y, int out_x, float* result) {
  const ConvolutionForward& arguments = block.arguments;
  const ConvolutionGeometry& g = arguments.geometry;
  TileSum sum(rows_for(arguments.images), false, result);
  const bf16* tile = block.weights;
  for (int input = block.inputs.first; input < block.inputs.last; ++input) {
    for (int ky = 0; ky < g.kernel_height; ++ky) {
      const int y = out_y * g.stride - g.pad + ky;
      for (int kx = 0; kx < g.kernel_width; ++kx, tile += kTileElements) {
        const int x = out_x * g.stride - g.pad + kx;
        if (y < 0 || y >= g.in.height || x < 0 || x >= g.in.width) continue;
        sum.add(position(arguments.x, g.in, input, y, x), tile);
      }
    }
  }
  sum.finish();
}

void add_bias(const float* bias, float* values, int rows) {
  for (int row = 0; row < rows; ++row) {
    for (int n = 0; n < kTileColumns; n += kLanes) {
      float* at = values + row * kTileColumns + n;
      store(at, load(at) + load(bias + n));
    }
  }
}

void write_tile(const float* values, int rows, bf16* y) {
  for (int i = 0; i < rows * kTileColumns; i += kLanes) store(y + i, load(values + i));
  for (int i = rows * kTileColumns; i < kTileElements; i += kLanes) store(y + i, vfloat{});
}

// The largest of four tiles and which one it was (the first of equal ones). Rounding to bf16 keeps the order,
// so the maximum is the one that a separate pool would find.
void write_pooled(const ResultTile (&window)[4], int rows, bf16* y, std::uint8_t* argmax) {
  for (int i = 0; i < rows * kTileColumns; i += kLanes) {
    vfloat best = load(window[0].values + i);
    vint which{};
    for (int candidate = 1; candidate < 4; ++candidate) {
      const vfloat value = load(window[candidate].values + i);
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
  for (int i = rows * kTileColumns; i < kTileElements; i += kLanes) store(y + i, vfloat{});
  if (argmax != nullptr) {
    std::memset(argmax + rows * kTileColumns, 0, static_cast<unsigned>((kBlockImages - rows) * kTileColumns));
  }
}

void forward_position(const ForwardBlock& block, int y, int x, bf16* to) {
  const int rows = rows_for(block.arguments.images);
  ResultTile result;
  sum_window(block, y, x, result.values);
  if (block.bias != nullptr) add_bias(block.bias, result.values, rows);
  write_tile(result.values, rows, to);
}

void forward_pooled_position(const ForwardBlock& block, int y, int x, bf16* to, std::uint8_t* argmax) {
  const int rows = rows_for(block.arguments.images);
  ResultTile window[4];
  for (int i = 0; i < 4; ++i) {
    sum_window(block, 2 * y + i / 2, 2 * x + i % 2, window[i].values);
    if (block.bias != nullptr) add_bias(block.bias, window[i].values, rows);
  }
  write_pooled(window, rows, to, argmax);
}

void forward(const ConvolutionForward& arguments) {
  const ConvolutionGeometry& g = arguments.geometry;
  const Shape written = g.written();
  tile_product.begin();
  for (int output = 0; output < g.out.channel_blocks(); ++output) {
    const ForwardBlock block{
        arguments, touched_inputs(g, output),
        arguments.weights + std::int64_t{pairs_before(g, output)} * g.taps() * kTileElements,
        arguments.bias == nullptr ? nullptr : arguments.bias + output * kBlockChannels};
    for (int y = 0; y < written.height; ++y) {
      for (int x = 0; x < written.width; ++x) {
        bf16* to = position(arguments.y, written, output, y, x);
        if (g.pool) {
          forward_pooled_position(
              block, y, x, to, arguments.argmax == nullptr ? nullptr : arguments.argmax + (to - arguments.y));
        } else {
          forward_position(block, y, x, to);
        }
      }
    }
  }
  tile_product.end();
}

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

// The positions of the output that have a gradient: with a pool, those that a window covers.
struct Extent {
  int height;
  int width;
};
Extent covered(const ConvolutionGeometry& g) {
  if (!g.pool) return {g.out.height, g.out.width};
  return {g.out.height / 2 * 2, g.out.width / 2 * 2};
}

void backward_data_position(const ConvolutionBackwardData& arguments, int input, BlockRange outputs, int y,
                            int x, float* result) {
  const ConvolutionGeometry& g = arguments.geometry;
  const Extent extent = covered(g);
  TileSum sum(rows_for(arguments.images), false, result);
  for (int output = outputs.first; output < outputs.last; ++output) {
    const std::int64_t pair = pairs_before(g, output) + input - touched_inputs(g, output).first;
    const bf16* tiles = arguments.weights + pair * g.taps() * kTileElements;
    for (int ky = 0; ky < g.kernel_height; ++ky) {
      const int strided_y = y + g.pad - ky;
      if (strided_y < 0 || strided_y % g.stride != 0 || strided_y / g.stride >= extent.height) continue;
      for (int kx = 0; kx < g.kernel_width; ++kx) {
        const int strided_x = x + g.pad - kx;
        if (strided_x < 0 || strided_x % g.stride != 0 || strided_x / g.stride >= extent.width) continue;
        sum.add(position(arguments.dy, g.out, output, strided_y / g.stride, strided_x / g.stride),
                tiles + std::int64_t{ky * g.kernel_width + kx} * kTileElements);
      }
    }
  }
  sum.finish();
}

void backward_data(const ConvolutionBackwardData& arguments) {
  const ConvolutionGeometry& g = arguments.geometry;
  const int rows = rows_for(arguments.images);
  ResultTile result;
  tile_product.begin();
  for (int input = 0; input < g.in.channel_blocks(); ++input) {
    const BlockRange outputs = touching_outputs(g, input);
    for (int y = 0; y < g.in.height; ++y) {
      for (int x = 0; x < g.in.width; ++x) {
        backward_data_position(arguments, input, outputs, y, x, result.values);
        write_tile(result.values, rows, position(arguments.dx, g.in, input, y, x));
      }
    }
  }
  tile_product.end();
}

// [32 images][32 channels] to [32 channels][32 images].
void transpose_tile(const bf16* from, bf16* to) {
  for (int channel = 0; channel < kBlockChannels; ++channel) {
    for (int image = 0; image < kBlockImages; ++image) {
      to[channel * kBlockImages + image] = from[image * kBlockChannels + channel];
    }
  }
}

// [32 images][32 channels] to [16 pairs of images][32 channels][2].
void pair_images(const bf16* from, bf16* to) {
  for (int pair = 0; pair < kBlockImages / 2; ++pair) {
    for (int channel = 0; channel < kBlockChannels; ++channel) {
      to[pair * 64 + channel * 2] = from[(2 * pair) * kBlockChannels + channel];
      to[pair * 64 + channel * 2 + 1] = from[(2 * pair + 1) * kBlockChannels + channel];
    }
  }
}

// The gradient of one tile of weights: images are what is summed over, 32 to a term, one term a position.
void add_tap_gradient(const ConvolutionGeometry& g, const bf16* x_transposed, const bf16* dy_paired,
                      int input, int output, int ky, int kx, float* gradient) {
  const Extent extent = covered(g);
  TileSum sum(kTileRows, true, gradient);
  for (int out_y = 0; out_y < extent.height; ++out_y) {
    const int y = out_y * g.stride - g.pad + ky;
    if (y < 0 || y >= g.in.height) continue;
    for (int out_x = 0; out_x < extent.width; ++out_x) {
      const int x = out_x * g.stride - g.pad + kx;
      if (x < 0 || x >= g.in.width) continue;
      sum.add(position(x_transposed, g.in, input, y, x), position(dy_paired, g.out, output, out_y, out_x));
    }
  }
  sum.finish();
}

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

void backward_weights(const ConvolutionBackwardWeights& arguments) {
  const ConvolutionGeometry& g = arguments.geometry;
  bf16* x_transposed = arguments.scratch;
  bf16* dy_paired = x_transposed + g.in.block_elements();
  for (std::int64_t tile = 0; tile < g.in.block_elements(); tile += kTileElements) {
    transpose_tile(arguments.x + tile, x_transposed + tile);
  }
  for (std::int64_t tile = 0; tile < g.out.block_elements(); tile += kTileElements) {
    pair_images(arguments.dy + tile, dy_paired + tile);
  }
  tile_product.begin();
  float* gradient = arguments.weight_gradient;
  for (int output = 0; output < g.out.channel_blocks(); ++output) {
    const BlockRange inputs = touched_inputs(g, output);
    for (int input = inputs.first; input < inputs.last; ++input) {
      for (int ky = 0; ky < g.kernel_height; ++ky) {
        for (int kx = 0; kx < g.kernel_width; ++kx, gradient += kTileElements) {
          add_tap_gradient(g, x_transposed, dy_paired, input, output, ky, kx, gradient);
        }
      }
    }
  }
  tile_product.end();
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

const ConvolutionKernels convolution{forward, backward_data, backward_weights, backward_bias, unpool};

}  // namespace ftl::kernels::FTL_ISA
