#include "kernels/convolution/convolution_passes.hpp"
#include "kernels/convolution/gradient_bands.hpp"
#include "kernels/convolution/tile_lists.hpp"
#include "kernels/convolution/weight_tiles.hpp"

namespace ftl::kernels::FTL_ISA {

extern const TileProductKernels tile_product;

namespace {

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

}  // namespace

void convolution_backward_weights(const ConvolutionBackwardWeights& arguments) {
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

}  // namespace ftl::kernels::FTL_ISA
