#include "kernels/convolution/block_walk.hpp"
#include "kernels/convolution/convolution_passes.hpp"
#include "kernels/convolution/gradient_bands.hpp"
#include "kernels/convolution/int8_operands.hpp"
#include "kernels/convolution/pool_winners.hpp"
#include "kernels/convolution/quad_pipeline.hpp"
#include "kernels/convolution/result_tile.hpp"
#include "kernels/convolution/tile_lists.hpp"
#include "kernels/convolution/weight_tiles.hpp"

namespace ftl::kernels::FTL_ISA {

extern const TileProductKernels kTileProduct;

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

WindowTaps backward_window(const ConvolutionGeometry& g, int y, int x) {
  const Extent extent = covered(g);
  return {backward_taps(y, extent.height, g.kernel_height, g.stride, g.pad),
          backward_taps(x, extent.width, g.kernel_width, g.stride, g.pad)};
}

// The gradient as it is multiplied: before the pool, spread over its windows' positions, and rounded to
// integers. Row by row as quads come to need them, so that they are still near. Rows and columns that no
// window covers are left as they are: nothing reads them.
class GradientRows {
 public:
  explicit GradientRows(const ConvolutionBackwardData& arguments)
      : arguments_(arguments),
        g_(arguments.geometry),
        written_(g_.written()),
        operands_(backward_operands(g_).out),
        scale_(arguments.largest_dy) {}

  bool needed() const { return g_.pool || g_.int8.data; }
  const bf16* dy() const { return needed() ? arguments_.scratch : arguments_.dy; }
  float scale() const { return g_.int8.data ? scale_.scale : 1; }

  // The rows of a half of the images before `row`.
  void prepare_before(int row, int half) {
    if (!needed()) return;
    const int rows_together = g_.pool ? 2 : 1;
    for (int& done = done_[half]; done < row && done < written_.height * rows_together;
         done += rows_together) {
      for (int plane = 0; plane < operands_.channel_blocks(); ++plane) {
        prepare_row(half, plane, done / rows_together);
      }
    }
  }

 private:
  void prepare_row(int half, int plane, int y) const {
    const int planes_together = g_.int8.data ? 2 : 1;
    const bf16* from =
        position(arguments_.dy, written_, half * written_.channel_blocks() + plane * planes_together, y, 0);
    const int to_plane = half * operands_.channel_blocks() + plane;
    for (int x = 0; x < written_.width; ++x) {
      if (!g_.int8.data) {
        unpool(from, to_plane, y, x);
      } else if (g_.pool) {
        unpool_integers(from, to_plane, y, x);
      } else {
        round(from, position(arguments_.scratch, operands_, to_plane, y, x));
      }
      from += kTileElements;
    }
  }

  void unpool(const bf16* from, int plane, int y, int x) const {
    for (int candidate = 0; candidate < 4; ++candidate) {
      keep_winners(from, argmax(from), candidate, candidate_tile(plane, y, x, candidate));
    }
  }

  void unpool_integers(const bf16* from, int plane, int y, int x) const {
    bf16* to[4];
    for (int candidate = 0; candidate < 4; ++candidate) {
      to[candidate] = candidate_tile(plane, y, x, candidate);
    }
    const std::uint8_t* first = argmax(from);
    const std::uint8_t* second = argmax(from + written_.plane_elements());
    round_rows(from, [&](int row, int lane, vuint words) {
      const vuint winners = winners_of_row(first, second, row, lane);
      for (int candidate = 0; candidate < 4; ++candidate) {
        store_row(to[candidate], row, lane, words & bytes_equal(winners, candidate));
      }
    });
  }

  void round(const bf16* from, bf16* to) const {
    round_rows(from, [&](int row, int lane, vuint words) { store_row(to, row, lane, words); });
  }

  template <class Visit>
  void round_rows(const bf16* from, const Visit& visit) const {
    const StochasticRounding rounding(scale_.inverse, from, (from - arguments_.dy) / kTileElements);
    integer_rows(from, from + written_.plane_elements(), rounding, visit);
  }

  const std::uint8_t* argmax(const bf16* dy) const { return arguments_.argmax + (dy - arguments_.dy); }
  bf16* candidate_tile(int plane, int y, int x, int candidate) const {
    return position(arguments_.scratch, operands_, plane, 2 * y + candidate / 2, 2 * x + candidate % 2);
  }

  const ConvolutionBackwardData& arguments_;
  const ConvolutionGeometry& g_;
  Shape written_;
  Shape operands_;
  IntegerScale scale_;
  int done_[2] = {};  // rows of either half
};

class BackwardDataPass {
 public:
  BackwardDataPass(const ConvolutionBackwardData& arguments, ProductChoice choice)
      : arguments_(arguments),
        g_(backward_operands(arguments.geometry)),
        int8_(arguments.geometry.int8.data),
        gradient_(arguments),
        scales_{int8_ ? arguments.weight_scales : nullptr, gradient_.scale()},
        dy_(gradient_.dy()),
        halves_(halves_of(arguments.images)),
        lists_(arguments.scratch + spread_gradient_elements(arguments.geometry), backward_list_sizes(g_)),
        walk_{.channel_blocks = g_.in.channel_blocks(),
              .halves = halves_,
              .weight_elements = backward_weight_elements(g_),
              .half_elements = g_.out.half_elements()} {
    if (choice == ProductChoice::shared && has_quads(g_)) {
      walk_.quads_height = g_.in.height;
      walk_.quads_width = g_.in.width;
    }
  }

  void run() {
    if (int8_) {
      quads<true>();
    } else {
      quads<false>();
    }
    for (int half = 0; half < halves_; ++half) gradient_.prepare_before(g_.out.height, half);
    for (int input = 0; input < walk_.channel_blocks; ++input) input_block(input);
    write_padding();
  }

 private:
  template <bool int8>
  void quads() {
    QuadPipeline<PositionsWriter<int8>> pipeline(kTileProduct.shared);
    walk_quads(walk_, [&](int input, int half, const Quad& quad) {
      for (int h = quad.first_half(half); h <= half; ++h) {
        gradient_.prepare_before(quad.y + 2 + g_.pad, h);
      }
      describe_sum(input, half, quad, pipeline.sum());
      PositionsWriter<int8>& writer = pipeline.writer();
      writer.epilogue = {nullptr, scales_.block(input), scales_.of_all};
      for_each_result(quad, half, [&](int i, int of_half, int y, int x) {
        writer.to[i] = input_tile(input, of_half, y, x);
      });
      pipeline.compute();
    });
    pipeline.finish();
  }

  // The taps run backwards through the weights.
  void describe_sum(int input, int half, const Quad& quad, QuadSum& sum) {
    const std::int64_t tile_pair = std::int64_t{g_.taps()} * kOperand;
    if (sum.channel_blocks == 0 || quad.kind != kind_) {
      kind_ = quad.kind;
      describe_kind(g_, kind_, g_.out, halves_, -kOperand, sum);
      sum.channel_blocks = g_.out.channel_blocks();
      sum.channel_block_columns = g_.in.channel_blocks() * tile_pair;
    }
    place_window(kind_,
                 {g_.out, covered(g_).height, covered(g_).width, quad.y + g_.pad - g_.kernel_height + 1,
                  quad.x + g_.pad - g_.kernel_width + 1},
                 sum);
    sum.int8 = int8_;
    sum.rows = dy_ + quad.first_half(half) * g_.out.half_elements();
    sum.columns = arguments_.weights + (input + 1) * tile_pair - kOperand;
  }

  // The positions that are in no quad, 32 images at a time.
  void input_block(int input) {
    if (g_.groups > 1) lists_.clear();
    input_ = input;
    outputs_ = touching_outputs(g_, input);
    ResultTile result;
    for (int y = 0; y < g_.in.height; ++y) {
      for (int x = 0; x < g_.in.width; ++x) {
        if (!walk_.alone(y, x)) continue;
        kTileProduct.multiply(sum(y, x), halves_ == 2 ? kTileRows : kHalfRows, false, result.half[0]);
        scale_columns(scales_.block(input_), halves_, result);
        for (int half = 0; half < halves_; ++half) {
          write_tile(result.half[half], input_tile(input, half, y, x));
        }
      }
    }
  }

  TileSum sum(int y, int x) {
    const WindowTaps window = backward_window(g_, y, x);
    TileSum sum =
        lists_.find(window, [this](const WindowTaps& w, TileTerm* terms) { return fill(w, terms); });
    sum.row_half_distance = g_.out.half_elements();
    sum.depth = depth_of(g_.out);
    sum.int8 = int8_;
    sum.scale = scales_.of_all;
    if (sum.term_count > 0) {
      const int first = outputs_.first;
      const std::int64_t pair = pairs_before(g_, first) + input_ - touched_inputs(g_, first).first;
      sum.columns = arguments_.weights + pair * g_.taps() * kOperand;
      sum.rows = position(dy_, g_.out, first, (y + g_.pad - window.y.first) / g_.stride - window.y.count + 1,
                          (x + g_.pad - window.x.first) / g_.stride - window.x.count + 1);
    }
    return sum;
  }

  // Outputs in their own order, to which the taps run backwards.
  int fill(const WindowTaps& window, TileTerm* terms) const {
    const int first_pair = pairs_before(g_, outputs_.first) - touched_inputs(g_, outputs_.first).first;
    int count = 0;
    for (int output = outputs_.first; output < outputs_.last; ++output) {
      const int pair = pairs_before(g_, output) - touched_inputs(g_, output).first - first_pair;
      for (int y = 0; y < window.y.count; ++y) {
        for (int x = 0; x < window.x.count; ++x) {
          const int ky = window.y.first + (window.y.count - 1 - y) * g_.stride;
          const int kx = window.x.first + (window.x.count - 1 - x) * g_.stride;
          terms[count++] = {tile_distance(g_.out, output - outputs_.first, y, x),
                            (pair * g_.taps() + ky * g_.kernel_width + kx) * kOperand};
        }
      }
    }
    return count;
  }

  void write_padding() const {
    if (halves_ == 2) return;
    const auto elements = static_cast<std::size_t>(g_.in.half_elements());
    std::memset(arguments_.dx + elements, 0, elements * sizeof(bf16));
  }

  bf16* input_tile(int input, int half, int y, int x) const {
    return position(arguments_.dx, g_.in, half * g_.in.channel_blocks() + input, y, x);
  }

  const ConvolutionBackwardData& arguments_;
  const ConvolutionGeometry g_;  // of the operands
  const bool int8_;
  GradientRows gradient_;
  SumScales scales_;
  const bf16* dy_;  // of g_.out
  int halves_;
  TermLists lists_;
  BlockWalk walk_;
  QuadKind kind_{};  // that the sum is described for
  int input_ = 0;
  BlockRange outputs_{};
};

}  // namespace

void convolution_backward_data(const ConvolutionBackwardData& arguments, ProductChoice choice) {
  BackwardDataPass pass(arguments, choice);
  kTileProduct.begin();
  pass.run();
  kTileProduct.end();
}

}  // namespace ftl::kernels::FTL_ISA
