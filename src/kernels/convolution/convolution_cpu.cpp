#include <cstdlib>

#include "kernels/convolution/convolution.hpp"
#include "kernels/convolution/gradient_bands.hpp"
#include "kernels/convolution/weight_tiles.hpp"
#include "kernels/simd.hpp"

namespace ftl::kernels::FTL_ISA {

extern const ConvolutionKernels convolution;
extern const TileProductKernels tile_product;

namespace {

// The taps of a window that meet the picture along one axis: the first one and how many.
struct Taps {
  int first;
  int count;
};

struct Window {
  Taps y;
  Taps x;
};

constexpr bool same(const Window& a, const Window& b) {
  return a.y.first == b.y.first && a.y.count == b.y.count && a.x.first == b.x.first && a.x.count == b.x.count;
}

// The lists of terms of the windows seen so far. Windows differ only at the picture's borders, so a few lists
// serve all positions; a list's distances start at the window's first tap.
class TermLists {
 public:
  explicit TermLists(int max_terms) : max_terms_(max_terms) {
    terms_ =
        static_cast<TileTerm*>(std::malloc(sizeof(TileTerm) * kSlots * static_cast<std::size_t>(max_terms)));
  }
  ~TermLists() { std::free(terms_); }
  TermLists(const TermLists&) = delete;
  TermLists& operator=(const TermLists&) = delete;

  void clear() { used_ = 0; }

  // The list for `window`; fill(window, terms) writes one and returns its length.
  template <class Fill>
  TileSum find(const Window& window, const Fill& fill) {
    for (int slot = 0; slot < used_; ++slot) {
      if (same(windows_[slot], window)) return {list(slot), counts_[slot], nullptr, nullptr};
    }
    const int slot = used_ < kSlots ? used_++ : (oldest_ = (oldest_ + 1) % kSlots);
    windows_[slot] = window;
    counts_[slot] = fill(window, list(slot));
    return {list(slot), counts_[slot], nullptr, nullptr};
  }

 private:
  TileTerm* list(int slot) const { return terms_ + std::int64_t{slot} * max_terms_; }

  static constexpr int kSlots = 16;
  int max_terms_;
  TileTerm* terms_;
  int used_ = 0;
  int oldest_ = 0;
  Window windows_[kSlots];
  int counts_[kSlots];
};

// Rows of tiles that must be computed for this many images.
constexpr int rows_for(int images) {
  return images > 16 ? 32 : 16;
}

constexpr int kHalfElements = kHalfRows * kTileColumns;

struct alignas(64) ResultTile {
  float values[kTileElements];
};

inline const bf16* position(const bf16* block, const Shape& shape, int channel_block, int y, int x) {
  return block + ((std::int64_t{channel_block} * shape.height + y) * shape.width + x) * kTileElements;
}

inline bf16* position(bf16* block, const Shape& shape, int channel_block, int y, int x) {
  return block + ((std::int64_t{channel_block} * shape.height + y) * shape.width + x) * kTileElements;
}

constexpr int tile_distance(const Shape& shape, int blocks, int y, int x) {
  return ((blocks * shape.height + y) * shape.width + x) * kTileElements;
}

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

// Two neighbouring positions whose windows meet the picture alike share most of their inputs, which slide
// along a row of taps: they are computed together, 16 images at a time.
bool slide_together(const ConvolutionGeometry& g, const Window& first, const Window& second) {
  return g.stride == 1 && same(first, second) && first.x.count > 1 && first.y.count > 0;
}

// The sum of `half` of the images for the position of `sum` and its right neighbour.
TileSum sliding_half(TileSum sum, const Window& window, int half) {
  sum.rows += half * kHalfElements;
  sum.half_distance = kTileElements;
  sum.run = window.x.count;
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

void write_values(const float* values, int elements, bf16* y) {
  for (int i = 0; i < elements; i += kLanes) store(y + i, load(values + i));
}

// The images from `rows` on are padding images.
void write_padding(int rows, bf16* y) {
  for (int i = rows * kTileColumns; i < kTileElements; i += kLanes) store(y + i, vfloat{});
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

void forward(const ConvolutionForward& arguments) {
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

void backward_data(const ConvolutionBackwardData& arguments) {
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

// Images are what a weight gradient is summed over: 32 to a term, one term a position of the band.
class WeightGradientBand {
 public:
  WeightGradientBand(const ConvolutionBackwardWeights& arguments, const Bands& bands, int first_row,
                     int last_row)
      : arguments_(arguments),
        g_(arguments.geometry),
        first_row_(first_row),
        last_row_(last_row),
        first_in_row_(first_row * g_.stride - g_.pad),
        in_{g_.in.channels, bands.in_height, g_.in.width},
        out_{g_.out.channels, bands.height, g_.out.width},
        x_transposed_(arguments.scratch),
        dy_paired_(arguments.scratch + in_.block_elements()) {}

  void lay_out() const {
    for (int input = 0; input < g_.in.channel_blocks(); ++input) {
      for (int row = 0; row < in_.height; ++row) {
        const int y = first_in_row_ + row;
        if (y < 0 || y >= g_.in.height) continue;
        for (int x = 0; x < g_.in.width; ++x) {
          tile_product.transpose(position(arguments_.x, g_.in, input, y, x),
                                 position(x_transposed_, in_, input, row, x));
        }
      }
    }
    for (int output = 0; output < g_.out.channel_blocks(); ++output) {
      for (int y = first_row_; y < last_row_; ++y) {
        for (int x = 0; x < g_.out.width; ++x) {
          tile_product.pair_rows(position(arguments_.dy, g_.out, output, y, x),
                                 position(dy_paired_, out_, output, y - first_row_, x));
        }
      }
    }
  }

  // The positions at which tap (ky, kx) meets the picture, as distances within one input and one output
  // block.
  int tap_terms(int ky, int kx, TileTerm* terms) const {
    int count = 0;
    for (int out_y = first_row_; out_y < last_row_; ++out_y) {
      const int y = out_y * g_.stride - g_.pad + ky;
      if (y < 0 || y >= g_.in.height) continue;
      for (int out_x = 0; out_x < covered(g_).width; ++out_x) {
        const int x = out_x * g_.stride - g_.pad + kx;
        if (x < 0 || x >= g_.in.width) continue;
        terms[count++] = {tile_distance(in_, 0, y - first_in_row_, x),
                          tile_distance(out_, 0, out_y - first_row_, out_x)};
      }
    }
    return count;
  }

  void add_products(const TileTerm* terms, const int* counts, int max_terms) const {
    float* gradient = arguments_.weight_gradient;
    for (int output = 0; output < g_.out.channel_blocks(); ++output) {
      const BlockRange inputs = touched_inputs(g_, output);
      for (int input = inputs.first; input < inputs.last; ++input) {
        for (int tap = 0; tap < g_.taps(); ++tap, gradient += kTileElements) {
          if (counts[tap] == 0) continue;
          tile_product.multiply(
              {terms + std::int64_t{tap} * max_terms, counts[tap], position(x_transposed_, in_, input, 0, 0),
               position(dy_paired_, out_, output, 0, 0)},
              kTileRows, true, gradient);
        }
      }
    }
  }

 private:
  const ConvolutionBackwardWeights& arguments_;
  const ConvolutionGeometry& g_;
  int first_row_;
  int last_row_;
  int first_in_row_;
  Shape in_;   // of the band's rows, transposed
  Shape out_;  // of the band's rows, paired
  bf16* x_transposed_;
  bf16* dy_paired_;
};

void backward_weights(const ConvolutionBackwardWeights& arguments) {
  const ConvolutionGeometry& g = arguments.geometry;
  const Bands bands = bands_of(g);
  const int out_height = covered(g).height;
  const int max_terms = bands.height * g.out.width;
  const auto taps = static_cast<std::size_t>(g.taps());
  auto* terms =
      static_cast<TileTerm*>(std::malloc(sizeof(TileTerm) * taps * static_cast<std::size_t>(max_terms)));
  auto* counts = static_cast<int*>(std::malloc(sizeof(int) * taps));
  tile_product.begin();
  for (int first_row = 0; first_row < out_height; first_row += bands.height) {
    const int last_row = first_row + bands.height < out_height ? first_row + bands.height : out_height;
    const WeightGradientBand band(arguments, bands, first_row, last_row);
    band.lay_out();
    for (int tap = 0; tap < g.taps(); ++tap) {
      counts[tap] =
          band.tap_terms(tap / g.kernel_width, tap % g.kernel_width, terms + std::int64_t{tap} * max_terms);
    }
    band.add_products(terms, counts, max_terms);
  }
  tile_product.end();
  std::free(counts);
  std::free(terms);
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
