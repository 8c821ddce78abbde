#include "kernels/convolution/convolution_passes.hpp"
#include "kernels/convolution/gradient_bands.hpp"
#include "kernels/convolution/position_walk.hpp"
#include "kernels/convolution/result_tile.hpp"
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

Window backward_window(const ConvolutionGeometry& g, int y, int x) {
  const Extent extent = covered(g);
  return {backward_taps(y, extent.height, g.kernel_height, g.stride, g.pad),
          backward_taps(x, extent.width, g.kernel_width, g.stride, g.pad)};
}

class BackwardDataPass {
 public:
  explicit BackwardDataPass(const ConvolutionBackwardData& arguments)
      : arguments_(arguments),
        g_(arguments.geometry),
        halves_(halves_of(arguments.images)),
        lists_(g_.out.channel_blocks() * g_.taps()),
        walk_(g_.in.height, g_.in.width, g_.stride == 1,
              [this](int y, int x) { return backward_window(g_, y, x); }) {}

  // Positions that slide take one half of the images, the others both: at the first half's turn.
  void input_block(int input, int half) {
    if (g_.groups > 1) lists_.clear();
    input_ = input;
    outputs_ = touching_outputs(g_, input);
    ResultTile result;
    for (const Visit& visit : walk_) {
      const bool alone = visit.neighbour == Neighbour::none;
      if (alone && half > 0) continue;
      tile_product.multiply(sum(visit, half), alone && halves_ == 1 ? kHalfRows : kTileRows, false,
                            result.half[0]);
      write_tile(result.half[0], input_tile(half, visit.y, visit.x));
      if (alone && halves_ == 1) continue;
      write_tile(result.half[1],
                 alone ? input_tile(1, visit.y, visit.x)
                       : input_tile(half, visit.y + (visit.neighbour == Neighbour::below ? 1 : 0),
                                    visit.x + (visit.neighbour == Neighbour::right ? 1 : 0)));
    }
  }

  void write_padding() const {
    if (halves_ == 2) return;
    const auto elements = static_cast<std::size_t>(g_.in.half_elements());
    std::memset(arguments_.dx + elements, 0, elements * sizeof(bf16));
  }

 private:
  TileSum sum(const Visit& visit, int half) {
    const Window window = backward_window(g_, visit.y, visit.x);
    TileSum sum = lists_.find(
        window, visit.neighbour,
        [this](const Window& w, Neighbour neighbour, TileTerm* terms) { return fill(w, neighbour, terms); });
    sum.row_half_distance = row_half_distance(g_.out, visit.neighbour);
    if (sum.term_count > 0) {
      const int first = outputs_.first;
      const std::int64_t pair = pairs_before(g_, first) + input_ - touched_inputs(g_, first).first;
      sum.columns = arguments_.weights + pair * g_.taps() * kOperand;
      sum.rows = position(arguments_.dy, g_.out, half * g_.out.channel_blocks() + first,
                          (visit.y + g_.pad - window.y.first) / g_.stride - window.y.count + 1,
                          (visit.x + g_.pad - window.x.first) / g_.stride - window.x.count + 1);
    }
    return sum;
  }

  // Outputs in their own order, to which the taps run backwards.
  int fill(const Window& window, Neighbour neighbour, TileTerm* terms) const {
    const int first_pair = pairs_before(g_, outputs_.first) - touched_inputs(g_, outputs_.first).first;
    int count = 0;
    for (int output = outputs_.first; output < outputs_.last; ++output) {
      const int pair = pairs_before(g_, output) - touched_inputs(g_, output).first - first_pair;
      for_each_tap(window, neighbour, [&](int y, int x) {
        const int ky = window.y.first + (window.y.count - 1 - y) * g_.stride;
        const int kx = window.x.first + (window.x.count - 1 - x) * g_.stride;
        terms[count++] = {tile_distance(g_.out, output - outputs_.first, y, x),
                          (pair * g_.taps() + ky * g_.kernel_width + kx) * kOperand};
      });
    }
    return count;
  }

  bf16* input_tile(int half, int y, int x) const {
    return position(arguments_.dx, g_.in, half * g_.in.channel_blocks() + input_, y, x);
  }

  const ConvolutionBackwardData& arguments_;
  const ConvolutionGeometry& g_;
  int halves_;
  TermLists lists_;
  PositionWalk walk_;
  int input_ = 0;
  BlockRange outputs_{};
};

}  // namespace

void convolution_backward_data(const ConvolutionBackwardData& arguments) {
  const ConvolutionGeometry& g = arguments.geometry;
  BackwardDataPass pass(arguments);
  tile_product.begin();
  walk_blocks({.blocks = g.in.channel_blocks(),
               .halves = halves_of(arguments.images),
               .weights_are_larger = packed_weights_exceed(g, g.out.half_elements())},
              [&](int input, int half) { pass.input_block(input, half); });
  tile_product.end();
  pass.write_padding();
}

}  // namespace ftl::kernels::FTL_ISA
