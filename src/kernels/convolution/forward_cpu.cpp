#include "kernels/convolution/convolution_passes.hpp"
#include "kernels/convolution/position_walk.hpp"
#include "kernels/convolution/result_tile.hpp"
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

Window forward_window(const ConvolutionGeometry& g, int out_y, int out_x) {
  return {forward_taps(out_y, g.in.height, g.kernel_height, g.stride, g.pad),
          forward_taps(out_x, g.in.width, g.kernel_width, g.stride, g.pad)};
}

// With which neighbour each of a pool window's four positions slides: all with the same.
Neighbour pool_neighbour(const ConvolutionGeometry& g, int y, int x) {
  const Window corner = forward_window(g, 2 * y, 2 * x);
  const Window right = forward_window(g, 2 * y, 2 * x + 1);
  const Window below = forward_window(g, 2 * y + 1, 2 * x);
  const Window opposite = forward_window(g, 2 * y + 1, 2 * x + 1);
  if (g.stride > 1) return Neighbour::none;
  if (slides(corner, right, Neighbour::right) && slides(below, opposite, Neighbour::right)) {
    return Neighbour::right;
  }
  if (slides(corner, below, Neighbour::below) && slides(right, opposite, Neighbour::below)) {
    return Neighbour::below;
  }
  return Neighbour::none;
}

void add_bias(const float* bias, ResultTile& result) {
  if (bias == nullptr) return;
  for (float* row = result.half[0]; row < result.half[0] + 2 * kTileElements; row += kTileColumns) {
    for (int n = 0; n < kTileColumns; n += kLanes) store(row + n, load(row + n) + load(bias + n));
  }
}

// Where the values of a pool's 2 x 2 positions are, 16 images of each.
struct PoolWindow {
  const float* values[4];
};

// The largest of four and which one it was (the first of equal ones). Rounding to bf16 keeps the order, so
// the maximum is the one that a separate pool would find.
void write_pooled(const PoolWindow& window, bf16* y, std::uint8_t* argmax) {
  for (int i = 0; i < kTileElements; i += kLanes) {
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

class ForwardPass {
 public:
  explicit ForwardPass(const ConvolutionForward& arguments)
      : arguments_(arguments),
        g_(arguments.geometry),
        written_(g_.written()),
        halves_(halves_of(arguments.images)),
        lists_(g_.in.channel_blocks() * g_.taps()),
        walk_(g_.out.height, g_.out.width, g_.stride == 1 && !g_.pool,
              [this](int y, int x) { return forward_window(g_, y, x); }) {}

  void output_block(int output, int half) {
    if (g_.groups > 1) lists_.clear();
    output_ = output;
    inputs_ = touched_inputs(g_, output);
    weights_ = arguments_.weights + std::int64_t{pairs_before(g_, output)} * g_.taps() * kOperand;
    bias_ = arguments_.bias == nullptr ? nullptr : arguments_.bias + output * kBlockChannels;
    if (g_.pool) {
      pooled(half);
    } else {
      plain(half);
    }
  }

  void write_padding() const {
    if (halves_ == 2) return;
    const auto elements = static_cast<std::size_t>(written_.half_elements());
    std::memset(arguments_.y + elements, 0, elements * sizeof(bf16));
    if (arguments_.argmax != nullptr) std::memset(arguments_.argmax + elements, 0, elements);
  }

 private:
  // Positions that slide take one half of the images, the others both: at the first half's turn.
  void plain(int half) {
    ResultTile result;
    for (const Visit& visit : walk_) {
      const bool alone = visit.neighbour == Neighbour::none;
      if (alone && half > 0) continue;
      compute(visit, half, result);
      write_tile(result.half[0], output_tile(half, visit.y, visit.x));
      if (alone && halves_ == 1) continue;
      write_tile(result.half[1],
                 alone ? output_tile(1, visit.y, visit.x)
                       : output_tile(half, visit.y + (visit.neighbour == Neighbour::below ? 1 : 0),
                                     visit.x + (visit.neighbour == Neighbour::right ? 1 : 0)));
    }
  }

  void pooled(int half) {
    for (int y = 0; y < written_.height; ++y) {
      for (int x = 0; x < written_.width; ++x) {
        const Neighbour neighbour = pool_neighbour(g_, y, x);
        if (neighbour != Neighbour::none) {
          pool_sliding({y, x, neighbour}, half);
        } else if (half == 0) {
          pool_alone(y, x);
        }
      }
    }
  }

  // Two tiles of two positions each.
  void pool_sliding(const Visit& visit, int half) {
    ResultTile result[2];
    const int down = visit.neighbour == Neighbour::right ? 1 : 0;
    for (int i = 0; i < 2; ++i) {
      compute({2 * visit.y + i * down, 2 * visit.x + i * (1 - down), visit.neighbour}, half, result[i]);
    }
    write_pool(down != 0
                   ? PoolWindow{{result[0].half[0], result[0].half[1], result[1].half[0], result[1].half[1]}}
                   : PoolWindow{{result[0].half[0], result[1].half[0], result[0].half[1], result[1].half[1]}},
               half, visit.y, visit.x);
  }

  // Four tiles of one position each.
  void pool_alone(int y, int x) {
    ResultTile result[4];
    for (int i = 0; i < 4; ++i) compute({2 * y + i / 2, 2 * x + i % 2, Neighbour::none}, 0, result[i]);
    for (int half = 0; half < halves_; ++half) {
      write_pool({{result[0].half[half], result[1].half[half], result[2].half[half], result[3].half[half]}},
                 half, y, x);
    }
  }

  void write_pool(const PoolWindow& window, int half, int y, int x) const {
    bf16* to = output_tile(half, y, x);
    std::uint8_t* argmax = arguments_.argmax;
    write_pooled(window, to, argmax == nullptr ? nullptr : argmax + (to - arguments_.y));
  }

  void compute(const Visit& visit, int half, ResultTile& result) {
    const bool both = visit.neighbour != Neighbour::none || halves_ == 2;
    tile_product.multiply(sum(visit, half), both ? kTileRows : kHalfRows, false, result.half[0]);
    add_bias(bias_, result);
  }

  TileSum sum(const Visit& visit, int half) {
    const Window window = forward_window(g_, visit.y, visit.x);
    TileSum sum = lists_.find(
        window, visit.neighbour,
        [this](const Window& w, Neighbour neighbour, TileTerm* terms) { return fill(w, neighbour, terms); });
    sum.columns = weights_;
    sum.row_half_distance = row_half_distance(g_.in, visit.neighbour);
    if (sum.term_count > 0) {
      sum.rows = position(arguments_.x, g_.in, half * g_.in.channel_blocks() + inputs_.first,
                          visit.y * g_.stride - g_.pad + window.y.first,
                          visit.x * g_.stride - g_.pad + window.x.first);
    }
    return sum;
  }

  int fill(const Window& window, Neighbour neighbour, TileTerm* terms) const {
    int count = 0;
    for (int input = 0; input < inputs_.size(); ++input) {
      for_each_tap(window, neighbour, [&](int ky, int kx) {
        const int tap = (window.y.first + ky) * g_.kernel_width + window.x.first + kx;
        terms[count++] = {tile_distance(g_.in, input, ky, kx), (input * g_.taps() + tap) * kOperand};
      });
    }
    return count;
  }

  bf16* output_tile(int half, int y, int x) const {
    return position(arguments_.y, written_, half * written_.channel_blocks() + output_, y, x);
  }

  const ConvolutionForward& arguments_;
  const ConvolutionGeometry& g_;
  Shape written_;
  int halves_;
  TermLists lists_;
  PositionWalk walk_;
  int output_ = 0;
  BlockRange inputs_{};
  const bf16* weights_ = nullptr;
  const float* bias_ = nullptr;
};

}  // namespace

void convolution_forward(const ConvolutionForward& arguments) {
  const ConvolutionGeometry& g = arguments.geometry;
  ForwardPass pass(arguments);
  tile_product.begin();
  walk_blocks({.blocks = g.out.channel_blocks(),
               .halves = halves_of(arguments.images),
               .weights_are_larger = packed_weights_exceed(g, g.in.half_elements())},
              [&](int output, int half) { pass.output_block(output, half); });
  tile_product.end();
  pass.write_padding();
}

}  // namespace ftl::kernels::FTL_ISA
