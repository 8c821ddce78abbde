#include "kernels/convolution/block_walk.hpp"
#include "kernels/convolution/convolution_passes.hpp"
#include "kernels/convolution/gradient_bands.hpp"
#include "kernels/convolution/int8_scale.hpp"
#include "kernels/convolution/quad_pipeline.hpp"
#include "kernels/convolution/result_tile.hpp"
#include "kernels/convolution/tile_lists.hpp"
#include "kernels/convolution/weight_tiles.hpp"
#include "kernels/largest_magnitude.hpp"

namespace ftl::kernels::FTL_ISA {

extern const TileProductKernels kTileProduct;
extern const ActivationKernels kActivation;

namespace {

// The taps that meet the picture at output position `out` along an axis of `size` inputs.
constexpr Taps forward_taps(int out, int size, int kernel, int stride, int pad) {
  const int start = out * stride - pad;
  const int first = start < 0 ? -start : 0;
  const int last = size - start < kernel ? size - start : kernel;
  return {first, last > first ? last - first : 0};
}

WindowTaps forward_window(const ConvolutionGeometry& g, int out_y, int out_x) {
  return {forward_taps(out_y, g.in.height, g.kernel_height, g.stride, g.pad),
          forward_taps(out_x, g.in.width, g.kernel_width, g.stride, g.pad)};
}

void add_bias(const float* bias, int halves, ResultTile& result) {
  if (bias == nullptr) return;
  for (float* row = result.half[0]; row < result.half[0] + halves * kTileElements; row += kTileColumns) {
    for (int n = 0; n < kTileColumns; n += kLanes) store(row + n, load(row + n) + load(bias + n));
  }
}

// The largest of a pool's four values and which one it was (the first of equal ones), of 2 * kLanes windows.
// Rounding to bf16 keeps the order, so the maximum is the one that a separate pool would find.
class Winners {
 public:
  Winners(vfloat first, vfloat second) : values_{first, second} {}

  void challenge(vfloat first, vfloat second, int candidate) {
    challenge_one(first, candidate, values_[0], candidates_[0]);
    challenge_one(second, candidate, values_[1], candidates_[1]);
  }
  void store_values(bf16* to) const { store(to, values_[0], values_[1]); }
  void store_candidates(std::uint8_t* to) const {
    using vbyte = std::uint8_t __attribute__((vector_size(kLanes)));
    for (int i = 0; i < 2; ++i) {
      const vbyte narrow = __builtin_convertvector(candidates_[i], vbyte);
      std::memcpy(to + i * kLanes, &narrow, sizeof(narrow));
    }
  }

 private:
  static void challenge_one(vfloat challenger, int candidate, vfloat& value, vint& which) {
    const vint better = challenger > value;
    value = better ? challenger : value;
    which = better ? vint{} + candidate : which;
  }

  vfloat values_[2];
  vint candidates_[2] = {};
};

// Writes the 32 outputs of one image of the pool's window that a quad is.
template <bool int8>
struct PooledWriter {
  bf16* to;
  std::uint8_t* argmax;  // or null
  SumEpilogue<int8> epilogue;

  [[gnu::always_inline]] void prepare(int image) const {
    const int at = image * kBlockChannels;
    __builtin_prefetch(to + at, 1);
    if (argmax != nullptr && image % 2 == 0) __builtin_prefetch(argmax + at, 1);
  }

  void operator()(const ResultQuad& result, int image) const {
    for (int n = 0; n < kBlockChannels; n += 2 * kLanes) {
      const auto sums = [&](int position, int output) {
        return epilogue.load_sums(result, position, image, output);
      };
      Winners winners(sums(0, n), sums(0, n + kLanes));
      for (int candidate = 1; candidate < 4; ++candidate) {
        winners.challenge(sums(candidate, n), sums(candidate, n + kLanes), candidate);
      }
      const int at = image * kBlockChannels + n;
      winners.store_values(to + at);
      if (argmax != nullptr) winners.store_candidates(argmax + at);
    }
  }
};

// A pool's window whose four positions have been computed alone.
struct PoolCandidates {
  const float* values[4];  // 16 images each
};

void write_pooled(const PoolCandidates& window, bf16* y, std::uint8_t* argmax) {
  for (int i = 0; i < kTileElements; i += 2 * kLanes) {
    Winners winners(load(window.values[0] + i), load(window.values[0] + i + kLanes));
    for (int candidate = 1; candidate < 4; ++candidate) {
      const float* values = window.values[candidate] + i;
      winners.challenge(load(values), load(values + kLanes), candidate);
    }
    winners.store_values(y + i);
    if (argmax != nullptr) winners.store_candidates(argmax + i);
  }
}

class ForwardPass {
 public:
  ForwardPass(const ConvolutionForward& arguments, ProductChoice choice)
      : arguments_(arguments),
        g_(forward_operands(arguments.geometry)),
        int8_(arguments.geometry.int8.forward),
        written_(g_.written()),
        halves_(halves_of(arguments.images)),
        lists_(arguments.scratch, forward_list_sizes(arguments.geometry)),
        walk_{.channel_blocks = g_.out.channel_blocks(),
              .halves = halves_,
              .weight_elements = forward_weight_elements(g_),
              .half_elements = g_.in.half_elements()} {
    if (int8_) scales_ = {arguments.weight_scales, IntegerScale(arguments.largest_x).scale};
    if (choice == ProductChoice::shared && has_quads(g_)) {
      walk_.quads_height = covered(g_).height;
      walk_.quads_width = covered(g_).width;
    }
  }

  void run() {
    if (int8_) {
      compute_quads<true>();
    } else {
      compute_quads<false>();
    }
    for (int output = 0; output < walk_.channel_blocks; ++output) output_block(output);
    if (arguments_.largest_y != nullptr) *arguments_.largest_y = largest_.value();
    write_padding();
  }

 private:
  template <bool int8>
  void compute_quads() {
    if (g_.pool) {
      quads<PooledWriter<int8>>();
    } else {
      quads<PositionsWriter<int8>>();
    }
  }

  template <class Writer>
  void quads() {
    QuadPipeline<Writer> pipeline(kTileProduct.shared);
    walk_quads(walk_, [&](int output, int half, const Quad& quad) {
      describe_sum(output, half, quad, pipeline.sum());
      describe_writer(output, half, quad, pipeline.writer());
      pipeline.compute();
    });
    pipeline.finish();
  }

  void describe_sum(int output, int half, const Quad& quad, QuadSum& sum) {
    if (sum.channel_blocks == 0 || quad.kind != kind_) {
      kind_ = quad.kind;
      describe_kind(g_, kind_, g_.in, halves_, kOperand, sum);
      sum.channel_blocks = g_.in.channel_blocks();
      sum.channel_block_columns = std::int64_t{g_.taps()} * kOperand;
    }
    place_window(kind_, {g_.in, g_.in.height, g_.in.width, quad.y - g_.pad, quad.x - g_.pad}, sum);
    sum.int8 = int8_;
    sum.rows = arguments_.x + quad.first_half(half) * g_.in.half_elements();
    sum.columns = arguments_.weights + output * sum.channel_blocks * sum.channel_block_columns;
  }

  template <bool int8>
  SumEpilogue<int8> epilogue(int output) const {
    return {bias(output), scales_.block(output), scales_.of_all};
  }

  template <bool int8>
  void describe_writer(int output, int half, const Quad& quad, PositionsWriter<int8>& writer) const {
    writer.epilogue = epilogue<int8>(output);
    for_each_result(quad, half, [&](int i, int of_half, int y, int x) {
      writer.to[i] = output_tile(output, of_half, y, x);
    });
  }
  template <bool int8>
  void describe_writer(int output, int half, const Quad& quad, PooledWriter<int8>& writer) const {
    writer.epilogue = epilogue<int8>(output);
    writer.to = output_tile(output, half, quad.y / 2, quad.x / 2);
    writer.argmax = argmax(writer.to);
  }

  // The positions that are in no quad, 32 images at a time.
  void output_block(int output) {
    if (g_.groups > 1) lists_.clear();
    output_ = output;
    inputs_ = touched_inputs(g_, output);
    if (g_.pool) {
      if (walk_.quads_height == 0) pooled_positions();
      return;
    }
    // A position is written once the products of the next one are issued, so that nothing waits for them.
    ResultTile results[2];
    int turn = 0;
    int last_y = -1;
    int last_x = -1;
    const auto write_last = [&] {
      if (last_y >= 0) write_position(results[1 - turn], output, last_y, last_x);
    };
    for (int y = 0; y < written_.height; ++y) {
      for (int x = 0; x < written_.width; ++x) {
        if (!walk_.alone(y, x)) continue;
        compute(y, x, results[turn]);
        write_last();
        turn = 1 - turn;
        last_y = y;
        last_x = x;
      }
    }
    write_last();
  }

  void write_position(const ResultTile& result, int output, int y, int x) {
    for (int half = 0; half < halves_; ++half) {
      bf16* to = output_tile(output, half, y, x);
      write_tile(result.half[half], to);
      if (arguments_.activation != ActivationKind::identity)
        kActivation.forward(arguments_.activation, kTileElements, to, to);
      if (arguments_.largest_y != nullptr)
        largest_.include(to, images_of_half(arguments_.images, half) * kBlockChannels);
    }
  }

  void pooled_positions() {
    ResultTile result[4];
    for (int y = 0; y < written_.height; ++y) {
      for (int x = 0; x < written_.width; ++x) {
        for (int i = 0; i < 4; ++i) compute(2 * y + i / 2, 2 * x + i % 2, result[i]);
        for (int half = 0; half < halves_; ++half) {
          bf16* to = output_tile(output_, half, y, x);
          write_pooled(
              {{result[0].half[half], result[1].half[half], result[2].half[half], result[3].half[half]}}, to,
              argmax(to));
        }
      }
    }
  }

  void compute(int y, int x, ResultTile& result) {
    kTileProduct.multiply(sum(y, x), halves_ == 2 ? kTileRows : kHalfRows, false, result.half[0]);
    scale_columns(scales_.block(output_), halves_, result);
    add_bias(bias(output_), halves_, result);
  }

  TileSum sum(int y, int x) {
    const WindowTaps window = forward_window(g_, y, x);
    TileSum sum =
        lists_.find(window, [this](const WindowTaps& w, TileTerm* terms) { return fill(w, terms); });
    sum.columns = arguments_.weights + std::int64_t{pairs_before(g_, output_)} * g_.taps() * kOperand;
    sum.row_half_distance = g_.in.half_elements();
    sum.depth = depth_of(g_.in);
    sum.int8 = int8_;
    sum.scale = scales_.of_all;
    if (sum.term_count > 0) {
      sum.rows = position(arguments_.x, g_.in, inputs_.first, y * g_.stride - g_.pad + window.y.first,
                          x * g_.stride - g_.pad + window.x.first);
    }
    return sum;
  }

  int fill(const WindowTaps& window, TileTerm* terms) const {
    int count = 0;
    for (int input = 0; input < inputs_.size(); ++input) {
      for (int ky = 0; ky < window.y.count; ++ky) {
        for (int kx = 0; kx < window.x.count; ++kx) {
          const int tap = (window.y.first + ky) * g_.kernel_width + window.x.first + kx;
          terms[count++] = {tile_distance(g_.in, input, ky, kx), (input * g_.taps() + tap) * kOperand};
        }
      }
    }
    return count;
  }

  void write_padding() const {
    if (halves_ == 2) return;
    const auto elements = static_cast<std::size_t>(written_.half_elements());
    std::memset(arguments_.y + elements, 0, elements * sizeof(bf16));
    if (arguments_.argmax != nullptr) std::memset(arguments_.argmax + elements, 0, elements);
  }

  bf16* output_tile(int output, int half, int y, int x) const {
    return position(arguments_.y, written_, half * written_.channel_blocks() + output, y, x);
  }
  std::uint8_t* argmax(const bf16* y) const {
    return arguments_.argmax == nullptr ? nullptr : arguments_.argmax + (y - arguments_.y);
  }
  const float* bias(int output) const {
    return arguments_.bias == nullptr ? nullptr : arguments_.bias + output * kBlockChannels;
  }

  const ConvolutionForward& arguments_;
  const ConvolutionGeometry g_;  // of the operands
  const bool int8_;
  SumScales scales_;
  Shape written_;
  int halves_;
  TermLists lists_;
  BlockWalk walk_;
  QuadKind kind_{};  // that the sum is described for
  LargestMagnitude largest_;
  int output_ = 0;
  BlockRange inputs_{};
};

}  // namespace

void convolution_forward(const ConvolutionForward& arguments, ProductChoice choice) {
  ForwardPass pass(arguments, choice);
  kTileProduct.begin();
  pass.run();
  kTileProduct.end();
}

}  // namespace ftl::kernels::FTL_ISA
