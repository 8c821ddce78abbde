// Squares of four results on their way from the micro-kernel to activations. For *_cpu.cpp files only.
#pragma once

#include "kernels/convolution/block_walk.hpp"
#include "kernels/simd.hpp"
#include "tensor/layout.hpp"

namespace ftl::kernels {
namespace {

// The sums of 16 images of each and 32 outputs.
struct alignas(64) ResultSquare {
  float values[2][4][kHalfRows * kHalfColumns];  // [half of the outputs][position][image][output]

  const float* row(int half, int position, int image) const {
    return values[half][position] + image * kHalfColumns;
  }
};

// Whether positions share inputs, and all blocks of them.
inline bool takes_squares(const ConvolutionGeometry& g, const TileProductKernels& tile_product) {
  return tile_product.multiply_square != nullptr && g.stride == 1 && g.groups == 1 && g.kernel_width > 1 &&
         g.kernel_height > 1;
}

// Where a square's inputs are: in blocks of `shape`, of which the first height x width positions hold
// anything; its window's corner is at (y, x), inside or not.
struct SquareInputs {
  const Shape& shape;
  int height;
  int width;
  int y;
  int x;
};

// The lines and places of an axis that lie within the picture.
struct Inside {
  int first;
  int last;
};
inline Inside inside(int start, int size, int count) {
  return {start < 0 ? -start : 0, size - start < count ? size - start : count};
}

// Sets what all squares of a kind have in common. `tap_columns` leads from one tap's columns to the next. Of
// one half of the images, squares of all images compute it twice: a picture's sums are added up in the same
// order whatever stands beside it.
inline void describe_kind(const ConvolutionGeometry& g, SquareKind kind, const Shape& inputs, int halves,
                          std::int64_t tap_columns, SquareSum& sum) {
  const bool by_columns = kind == SquareKind::beside;
  const std::int64_t row = std::int64_t{inputs.width} * kTileElements;
  sum.lines = by_columns ? g.kernel_width : g.kernel_height;
  sum.places = by_columns ? g.kernel_height : g.kernel_width;
  sum.lower_line = kind == SquareKind::inner ? 1 : 0;
  sum.lower_distance = kind == SquareKind::inner ? row : halves == 2 ? inputs.half_elements() : 0;
  sum.line_distance = by_columns ? kTileElements : row;
  sum.place_distance = by_columns ? row : kTileElements;
  sum.block_rows = inputs.plane_elements();
  sum.line_columns = by_columns ? tap_columns : tap_columns * g.kernel_width;
  sum.place_columns = by_columns ? tap_columns * g.kernel_width : tap_columns;
}

// Sets where the square's window is. The sum's kind has been described.
inline void place_window(SquareKind kind, const SquareInputs& inputs, SquareSum& sum) {
  const bool by_columns = kind == SquareKind::beside;
  const int lines = sum.lines + sum.lower_line;
  const int places = sum.places + 1;
  const Inside y = inside(inputs.y, inputs.height, by_columns ? places : lines);
  const Inside x = inside(inputs.x, inputs.width, by_columns ? lines : places);
  sum.corner = (std::int64_t{inputs.y} * inputs.shape.width + inputs.x) * kTileElements;
  sum.first_line = by_columns ? x.first : y.first;
  sum.last_line = by_columns ? x.last : y.last;
  sum.first_place = by_columns ? y.first : x.first;
  sum.last_place = by_columns ? y.last : x.last;
}

// Calls visit(i, half, y, x) for a square's results, in the order in which they are computed.
template <class Visit>
inline void for_each_result(const Square& square, int half, const Visit& visit) {
  for (int i = 0; i < 4; ++i) {
    const bool second = i % 2 == 1;
    const bool lower = i / 2 == 1;
    switch (square.kind) {
      case SquareKind::inner:
        visit(i, half, square.y + lower, square.x + second);
        break;
      case SquareKind::below:
        visit(i, lower ? 1 : 0, square.y, square.x + second);
        break;
      case SquareKind::beside:
        visit(i, lower ? 1 : 0, square.y + second, square.x);
        break;
    }
  }
}

// What is done to the sums of 32 outputs; int8: they are integers.
template <bool int8>
struct SumEpilogue {
  const float* bias = nullptr;    // or null
  const float* scales = nullptr;  // int8: one an output
  float scale = 1;                // int8: of all

  vfloat load_sums(const ResultSquare& result, int position, int image, int output) const {
    const float* from = result.row(output / kHalfColumns, position, image) + output % kHalfColumns;
    vfloat sums;
    if constexpr (int8) {
      vint integers;
      std::memcpy(&integers, from, sizeof(integers));
      sums = __builtin_convertvector(integers, vfloat) * (load(scales + output) * broadcast(scale));
    } else {
      sums = load(from);
    }
    return bias == nullptr ? sums : sums + load(bias + output);
  }
};

// Writes the 32 outputs of one image at each of a square's positions.
template <bool int8>
struct PositionsWriter {
  bf16* to[4];  // the positions' tiles
  SumEpilogue<int8> epilogue;

  // Always inlined: GCC takes a function that only prefetches for one without effect, and drops its calls.
  [[gnu::always_inline]] void prepare(int image) const {
    for (const bf16* tile : to) __builtin_prefetch(tile + image * kBlockChannels, 1);
  }

  void operator()(const ResultSquare& result, int image) const {
    for (int position = 0; position < 4; ++position) {
      bf16* row = to[position] + image * kBlockChannels;
      for (int n = 0; n < kBlockChannels; n += 2 * kLanes) {
        store(row + n, epilogue.load_sums(result, position, image, n),
              epilogue.load_sums(result, position, image, n + kLanes));
      }
    }
  }
};

// Computes squares one after the other, and writes each while the next one is computed: products leave the
// vector units idle. Writer: void operator()(const ResultSquare& result, int image) writes one image,
// prepare(int image) begins to bring near what it will write to.
//
// What describes a square is written in place, field by field: a copy would read several fields at once, and
// wait until all stores before them, the results' included, have left for the cache.
template <class Writer>
class SquarePipeline {
 public:
  explicit SquarePipeline(const TileProductKernels& tile_product) : tile_product_(tile_product) {}

  // The sum and the writer of the next square, as they were for the last one; the sum is of its first 16
  // outputs.
  SquareSum& sum() { return sum_; }
  Writer& writer() { return writers_[turn_]; }

  void compute() {
    for (int half = 0; half < 2; ++half) {
      interlude_.next = half * kHalfImages / 2;
      interlude_.last = pending_ ? interlude_.next + kHalfImages / 2 : interlude_.next;
      tile_product_.multiply_square(sum_, interlude_, former_);
      former_ = results_[turn_].values[half][0];
      sum_.columns += kHalfOperand;
    }
    pending_ = true;
    turn_ = 1 - turn_;
  }

  void finish() {
    if (!pending_) return;
    tile_product_.store_square(former_);
    for (int image = 0; image < kHalfImages; ++image) writers_[1 - turn_](results_[1 - turn_], image);
    former_ = nullptr;
    pending_ = false;
  }

 private:
  void write(int image) const {
    writers_[1 - turn_](results_[1 - turn_], image);
    writers_[turn_].prepare(image);
  }

  const TileProductKernels& tile_product_;
  ResultSquare results_[2];
  Writer writers_[2]{};
  SquareSum sum_{};
  Interlude interlude_{
      .step = [](void* self, int image) { static_cast<const SquarePipeline*>(self)->write(image); },
      .context = this};
  float* former_ = nullptr;  // where the sums that are still in registers belong
  int turn_ = 0;
  bool pending_ = false;
};

}  // namespace
}  // namespace ftl::kernels
