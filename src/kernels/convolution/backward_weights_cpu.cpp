#include "kernels/convolution/convolution_passes.hpp"
#include "kernels/convolution/gradient_bands.hpp"
#include "kernels/convolution/int8_operands.hpp"
#include "kernels/convolution/pool_winners.hpp"
#include "kernels/convolution/tap_pipeline.hpp"
#include "kernels/convolution/tile_lists.hpp"
#include "kernels/convolution/weight_tiles.hpp"

namespace ftl::kernels::FTL_ISA {

extern const TileProductKernels kTileProduct;

namespace {

// Whether the taps of a row of the kernel slide along the rows of the picture, at most one of them reaching
// over each border. Not along rows so short that loading and storing the results costs more than it saves.
bool taps_slide(const ConvolutionGeometry& g) {
  return g.kernel_width == 3 && g.stride == 1 && g.pad <= 1 && covered(g).width > 3;
}

// Begins to bring a tile near, which will be read soon.
inline void fetch_tile(const bf16* tile) {
  for (int i = 0; i < kTileElements; i += kBlockChannels) __builtin_prefetch(tile + i);
}

// What 8-bit integers are multiplied by before they are rounded, and their products afterwards. An input that
// was rounded in the forward pass has its block's own scale: its gradients are then multiplied by that, too,
// so that all products are multiples of one number.
struct OperandScales {
  float of_inputs = 0;                           // inputs that are rounded here
  float of_gradients[kMostBlocksTogether] = {};  // by block
  float of_products = 0;
};

OperandScales operand_scales(const ConvolutionBackwardWeights& arguments) {
  OperandScales scales;
  float largest_x = 0;
  for (int i = 0; i < arguments.block_count; ++i)
    largest_x = larger_magnitude(largest_x, arguments.blocks[i].largest_x);
  scales.of_inputs = IntegerScale(largest_x).inverse;
  const auto scale_of_inputs = [&](const GradientOperands& block) {
    return IntegerScale(arguments.geometry.int8.forward ? block.largest_x : largest_x).scale;
  };
  float largest = 0;
  for (int i = 0; i < arguments.block_count; ++i) {
    const GradientOperands& block = arguments.blocks[i];
    largest = larger_magnitude(largest, scale_of_inputs(block) * block.largest_dy);
  }
  const IntegerScale of_products(largest);
  for (int i = 0; i < arguments.block_count; ++i)
    scales.of_gradients[i] = scale_of_inputs(arguments.blocks[i]) * of_products.inverse;
  scales.of_products = of_products.scale;
  return scales;
}

// A weight gradient is summed over images, 32 to a term, or 64 of 8-bit integers, and the positions of the
// band.
template <class Gradient>
class WeightGradientBand {
 public:
  WeightGradientBand(const ConvolutionBackwardWeights& arguments, const OperandScales& scales,
                     const Bands& bands, int first_row, int last_row, bool slides)
      : arguments_(arguments),
        g_(arguments.geometry),
        scales_(scales),
        operands_(divide_up(arguments.block_count, blocks_of_operand(g_))),
        first_row_(first_row),
        last_row_(last_row),
        first_in_row_(first_row * g_.stride - g_.pad),
        in_{g_.in.channels, bands.in_height, g_.in.width},
        out_{kBlockChannels, bands.height, g_.out.width},
        x_transposed_(arguments.scratch),
        dy_paired_(arguments.scratch + operands_ * in_.block_elements()),
        accumulate_(arguments.accumulate || first_row > 0),
        slides_(slides),
        pipeline_(kTileProduct.shared, scales.of_products, accumulate_),
        lists_(slides_ ? g_.kernel_height : g_.taps()),
        max_terms_(gradient_lists(g_).terms),
        terms_(reinterpret_cast<TileTerm*>(arguments.scratch + operand_elements(g_))),
        counts_(reinterpret_cast<int*>(terms_ + std::int64_t{gradient_lists(g_).lists} * max_terms_)) {}
  WeightGradientBand(const WeightGradientBand&) = delete;
  WeightGradientBand& operator=(const WeightGradientBand&) = delete;

  // The inputs as planes of half a channel block.
  void lay_out_inputs() const {
    for (int operand = 0; operand < operands_; ++operand) {
      bf16* transposed = x_transposed_ + operand * in_.block_elements();
      if (g_.int8.forward) {
        for (int pair = 0; 2 * pair < g_.in.channel_blocks(); ++pair)
          lay_out_rounded_inputs(operand, pair, transposed);
        continue;
      }
      for (int input = 0; input < g_.in.channel_blocks(); ++input) {
        if (g_.int8.weights) {
          lay_out_integer_inputs(operand, input, transposed);
        } else {
          lay_out_inputs(arguments_.blocks[operand].x, input, transposed);
        }
      }
    }
  }

  void add_products() {
    list_terms();
    describe_tap_rows();
    const int taps_of_list = slides_ ? g_.kernel_width : 1;
    auto* gradient = static_cast<Gradient*>(arguments_.weight_gradient);
    for (int output = 0; output < g_.out.channel_blocks(); ++output) {
      lay_out_gradients(output);
      const BlockRange inputs = touched_inputs(g_, output);
      for (int input = inputs.first; input < inputs.last; ++input) {
        for (int list = 0; list < lists_; ++list) {
          Gradient* const sums = gradient + list * taps_of_list * kGradientTile;
          if (counts_[list] == 0) {
            if (!accumulate_)
              std::memset(sums, 0, sizeof(Gradient) * static_cast<unsigned>(taps_of_list * kGradientTile));
          } else if (slides_) {
            add_tap_row(input, list, sums);
          } else {
            add_tap(input, list, sums);
          }
        }
        gradient += g_.taps() * kGradientTile;
      }
    }
    pipeline_.finish();
  }

 private:
  // Calls visit(y, row, x) for the positions of the inputs that the band reads, `row` counted within it.
  template <class Visit>
  void for_each_input(const Visit& visit) const {
    for (int row = 0; row < in_.height; ++row) {
      const int y = first_in_row_ + row;
      if (y < 0 || y >= g_.in.height) continue;
      for (int x = 0; x < g_.in.width; ++x) visit(y, row, x);
    }
  }

  // Those of one channel block of an image block.
  void lay_out_inputs(const bf16* x_block, int input, bf16* transposed) const {
    for_each_input([&](int y, int row, int x) {
      const bf16* from = position(x_block, g_.in, input, y, x);
      bf16* to = position(transposed, in_, 2 * input, row, x);
      fetch_tile(from + kTileElements);
      fetch_tile(from + kTileElements + g_.in.half_elements());
      kTileProduct.transpose({from, from + g_.in.half_elements()}, {to, to + in_.plane_elements()});
    });
  }

  // The same rounded to integers, of two image blocks.
  void lay_out_integer_inputs(int operand, int input, bf16* transposed) const {
    const NearestRounding rounding{scales_.of_inputs};
    alignas(64) bf16 columns[kOperand];
    for_each_input([&](int y, int row, int x) {
      for (int half = 0; half < kHalvesOfOperand; ++half) {
        bf16* to = columns + half * kHalfOperand / kHalvesOfOperand;
        const GradientOperands* block = block_of(operand, half);
        if (block == nullptr) {
          clear_columns({to, to + kHalfOperand});
          continue;
        }
        const bf16* from = position(block->x, g_.in, input, y, x) + half % 2 * g_.in.half_elements();
        fetch_tile(from + kTileElements);
        integer_columns(from, rounding, [&](int four, int lane, vuint even, vuint odd) {
          store_columns({to, to + kHalfOperand}, four, lane, even, odd);
        });
      }
      transpose_words(columns, position(transposed, in_, 2 * input, row, x));
      transpose_words(columns + kHalfOperand, position(transposed, in_, 2 * input + 1, row, x));
    });
  }

  // Two channel blocks of two image blocks that the forward pass has rounded.
  void lay_out_rounded_inputs(int operand, int pair, bf16* transposed) const {
    const Shape rounded = forward_operands(g_).in;
    alignas(64) bf16 columns[kInt8Neighbours][kHalfOperand];
    for_each_input([&](int y, int row, int x) {
      for (int half = 0; half < kHalvesOfOperand; ++half) {
        const int at = half * kHalfOperand / kHalvesOfOperand;
        const GradientOperands* block = block_of(operand, half);
        if (block == nullptr) {
          clear_columns({columns[0] + at, columns[1] + at});
          clear_columns({columns[2] + at, columns[3] + at});
          continue;
        }
        const bf16* from = position(block->x, rounded, pair, y, x) + half % 2 * rounded.half_elements();
        fetch_tile(from + kTileElements);
        columns_of_integers(from, [&](int neighbour, int four, int lane, vuint words) {
          store_row(columns[neighbour] + at, four, lane, words);
        });
      }
      for (int neighbour = 0; neighbour < kInt8Neighbours; ++neighbour)
        transpose_words(columns[neighbour],
                        position(transposed, in_, kInt8Neighbours * pair + neighbour, row, x));
    });
  }

  void lay_out_gradients(int output) const {
    for (int operand = 0; operand < operands_; ++operand) {
      bf16* paired = dy_paired_ + operand * out_.block_elements();
      if (g_.int8.weights) {
        lay_out_integer_gradients(operand, output, paired);
      } else {
        lay_out_gradients(arguments_.blocks[operand], output, paired);
      }
    }
  }

  // The same rounded to integers, of two image blocks.
  void lay_out_integer_gradients(int operand, int output, bf16* columns) const {
    for (int half = 0; half < kHalvesOfOperand; ++half) {
      bf16* to = columns + half * kHalfOperand / kHalvesOfOperand;
      const GradientOperands* block = block_of(operand, half);
      if (block == nullptr) {
        clear_gradients(to);
      } else if (g_.pool) {
        lay_out_windows(*block, output, half % 2, to);
      } else {
        lay_out_positions(*block, output, half % 2, to);
      }
    }
  }

  void clear_gradients(bf16* columns) const {
    for (int position = 0; position < out_.positions(); ++position) {
      bf16* to = columns + position * kTileElements;
      clear_columns({to, to + out_.plane_elements()});
    }
  }

  void lay_out_positions(const GradientOperands& block, int output, int half, bf16* columns) const {
    const Shape written = g_.written();
    for (int y = first_row_; y < last_row_; ++y) {
      for (int x = 0; x < written.width; ++x) {
        const bf16* from = position(block.dy, written, output, y, x) + half * written.half_elements();
        bf16* to = position(columns, out_, 0, y - first_row_, x);
        round_gradients(block, from, [&](int four, int lane, vuint even, vuint odd) {
          store_columns({to, to + out_.plane_elements()}, four, lane, even, odd);
        });
      }
    }
  }

  // Each window's gradient is rounded once for its four positions, those of them that are in the band.
  void lay_out_windows(const GradientOperands& block, int output, int half, bf16* columns) const {
    const Shape written = g_.written();
    for (int y = first_row_ / 2; 2 * y < last_row_; ++y) {
      const int first = 2 * y < first_row_ ? 2 : 0;
      const int last = 2 * y + 1 < last_row_ ? 4 : 2;
      for (int x = 0; x < written.width; ++x) {
        const bf16* from = position(block.dy, written, output, y, x) + half * written.half_elements();
        const std::uint8_t* argmax = block.argmax + (from - block.dy);
        bf16* to = position(columns, out_, 0, 2 * y - first_row_, 2 * x);
        round_gradients(block, from, [&](int four, int lane, vuint even, vuint odd) {
          const ColumnWinners winners = winners_of_columns(argmax, four, lane);
          for (int candidate = first; candidate < last; ++candidate) {
            bf16* place = to + tile_distance(out_, 0, candidate / 2, candidate % 2);
            store_columns({place, place + out_.plane_elements()}, four, lane,
                          even & bytes_equal(winners.even, candidate),
                          odd & bytes_equal(winners.odd, candidate));
          }
        });
      }
    }
  }

  template <class Visit>
  void round_gradients(const GradientOperands& block, const bf16* from, const Visit& visit) const {
    const float scale = scales_.of_gradients[&block - arguments_.blocks];
    fetch_tile(from + 4 * kTileElements);
    const StochasticRounding rounding(scale, from, (from - block.dy) / kTileElements);
    integer_columns(from, rounding, visit);
  }

  // Half of an image block that fills a quarter of an operand's depth, or null if there is none.
  static constexpr int kHalvesOfOperand = 4;
  const GradientOperands* block_of(int operand, int half) const {
    const int block = 2 * operand + half / 2;
    return block < arguments_.block_count ? arguments_.blocks + block : nullptr;
  }
  static void clear_columns(const Halves<bf16>& columns) {
    std::memset(columns.first, 0, sizeof(bf16) * kHalfOperand / kHalvesOfOperand);
    std::memset(columns.second, 0, sizeof(bf16) * kHalfOperand / kHalvesOfOperand);
  }

  // Those of one output block, as two planes.
  void lay_out_gradients(const GradientOperands& block, int output, bf16* paired) const {
    const Shape written = g_.written();
    for (int y = first_row_; y < last_row_; ++y) {
      for (int x = 0; x < covered(g_).width; ++x) {
        bf16* to = position(paired, out_, 0, y - first_row_, x);
        const Halves<bf16> columns{to, to + out_.plane_elements()};
        if (!g_.pool) {
          const bf16* from = position(block.dy, written, output, y, x);
          kTileProduct.pair_rows({from, from + written.half_elements()}, columns);
          continue;
        }
        const bf16* from = position(block.dy, written, output, y / 2, x / 2);
        const std::uint8_t* argmax = block.argmax + (from - block.dy);
        const std::int64_t half = written.half_elements();
        pair_winners({{from, from + half}, {argmax, argmax + half}, y % 2 * 2 + x % 2}, columns);
      }
    }
  }

  // Where the taps meet the picture, within one plane of each operand: one list a row of taps, of picture
  // rows, or one a tap, of positions.
  void list_terms() {
    for (int list = 0; list < lists_; ++list) {
      counts_[list] = 0;
      for (int operand = 0; operand < operands_; ++operand) list_terms(list, operand);
    }
  }

  void list_terms(int list, int operand) {
    const int ky = slides_ ? list : list / g_.kernel_width;
    for (int out_y = first_row_; out_y < last_row_; ++out_y) {
      const int y = out_y * g_.stride - g_.pad + ky;
      if (y < 0 || y >= g_.in.height) continue;
      if (slides_) {
        add_term(list, operand, {y, -g_.pad, out_y, 0});
        continue;
      }
      for (int out_x = 0; out_x < covered(g_).width; ++out_x) {
        const int x = out_x * g_.stride - g_.pad + list % g_.kernel_width;
        if (x >= 0 && x < g_.in.width) add_term(list, operand, {y, x, out_y, out_x});
      }
    }
  }

  // An input and the output that it has a part in.
  struct Positions {
    int y;
    int x;
    int out_y;
    int out_x;
  };
  void add_term(int list, int operand, const Positions& at) {
    terms_of(list)[counts_[list]++] = {
        operand * static_cast<int>(in_.block_elements()) + tile_distance(in_, 0, at.y - first_in_row_, at.x),
        operand * static_cast<int>(out_.block_elements()) +
            tile_distance(out_, 0, at.out_y - first_row_, at.out_x)};
  }

  void describe_tap_rows() {
    TapSums& sums = pipeline_.sums();
    sums.positions = covered(g_).width;
    sums.first_tap_starts = g_.pad == 0;
    sums.last_tap_ends = sums.positions + 1 - g_.pad < g_.in.width;
  }

  // Three taps at once, 16 inputs x 16 outputs of each.
  void add_tap_row(int input, int ky, Gradient* gradient) {
    TapSums& sums = pipeline_.sums();
    sums.picture_rows = terms_of(ky);
    sums.picture_row_count = counts_[ky];
    const auto result = [&](int quarter) {
      return gradient + quarter / 2 * kHalfRows * kTileColumns + quarter % 2 * kHalfColumns;
    };
    for (int quarter = 0; quarter < 4; ++quarter) {
      const int in_half = quarter / 2;
      const int out_half = quarter % 2;
      sums.rows = position(x_transposed_, in_, 2 * input + in_half, 0, 0);
      sums.columns = position(dy_paired_, out_, out_half, 0, 0);
      pipeline_.compute(result(quarter),
                        quarter < 3 ? result(quarter + 1) : gradient + g_.kernel_width * kGradientTile);
    }
  }

  void add_tap(int input, int tap, Gradient* gradient) const {
    TileSum sum;
    sum.terms = terms_of(tap);
    sum.term_count = counts_[tap];
    sum.rows = position(x_transposed_, in_, 2 * input, 0, 0);
    sum.columns = dy_paired_;
    sum.row_half_distance = in_.plane_elements();
    sum.column_half_distance = out_.plane_elements();
    sum.int8 = g_.int8.weights;
    sum.scale = scales_.of_products;
    const int channels = g_.in.channels - input * kBlockChannels;
    // Of integers the channels are not in their order.
    const int row_count = channels < kTileRows && !g_.int8.weights ? channels : kTileRows;
    if constexpr (kOfIntegers<Gradient>) {
      alignas(64) float scaled[kGradientTile];
      kTileProduct.multiply(sum, row_count, false, scaled);
      add_scaled(scaled, kGradientTile, 1, accumulate_, gradient);
    } else {
      kTileProduct.multiply(sum, row_count, accumulate_, gradient);
    }
  }

  TileTerm* terms_of(int list) const { return terms_ + std::int64_t{list} * max_terms_; }

  const ConvolutionBackwardWeights& arguments_;
  const ConvolutionGeometry& g_;
  const OperandScales& scales_;
  int operands_;
  int first_row_;
  int last_row_;
  int first_in_row_;
  Shape in_;   // of an operand's rows of the band, transposed
  Shape out_;  // of an operand's rows of the band, paired
  bf16* x_transposed_;
  bf16* dy_paired_;
  bool accumulate_;
  bool slides_;
  TapPipeline<Gradient> pipeline_;  // where they slide
  int lists_;
  int max_terms_;  // of a list
  TileTerm* terms_;
  int* counts_;
};

template <class Gradient>
void add_band(WeightGradientBand<Gradient> band) {
  band.lay_out_inputs();
  band.add_products();
}

}  // namespace

void convolution_backward_weights(const ConvolutionBackwardWeights& arguments, ProductChoice choice) {
  const ConvolutionGeometry& g = arguments.geometry;
  const Bands bands = bands_of(g);
  const int out_height = covered(g).height;
  const OperandScales scales = operand_scales(arguments);
  const bool slides = choice == ProductChoice::shared && taps_slide(g);
  kTileProduct.begin();
  for (int first_row = 0; first_row < out_height; first_row += bands.height) {
    const int last_row = first_row + bands.height < out_height ? first_row + bands.height : out_height;
    if (g.int8.weights) {
      add_band<bf16>({arguments, scales, bands, first_row, last_row, slides});
    } else {
      add_band<float>({arguments, scales, bands, first_row, last_row, slides});
    }
  }
  kTileProduct.end();
}

}  // namespace ftl::kernels::FTL_ISA
