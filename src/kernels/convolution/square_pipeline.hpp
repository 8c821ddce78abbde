// Squares of 2 x 2 positions on their way from the micro-kernel to activations. For *_cpu.cpp files only.
#pragma once

#include "kernels/convolution/convolution.hpp"
#include "kernels/simd.hpp"
#include "tensor/layout.hpp"

namespace ftl::kernels {
namespace {

// The sums of 16 images and 32 outputs.
struct alignas(64) ResultSquare {
  float values[2][4][kHalfRows * kHalfColumns];  // [half of the outputs][position][image][output]

  const float* row(int half, int position, int image) const {
    return values[half][position] + image * kHalfColumns;
  }
};

// The squares of a picture that a kernel of stride 1 can share inputs in. Without them, {0, 0}.
inline bool takes_squares(const ConvolutionGeometry& g, const TileProductKernels& tile_product) {
  return tile_product.multiply_square != nullptr && g.stride == 1 && g.groups == 1 && g.kernel_width > 1;
}

// Rows and columns of the patch that `sum` reads with its corner at (y, x) of a picture of blocks of `shape`,
// of which the first height x width positions hold anything.
inline void place_patch(const Shape& shape, int height, int width, int y, int x, SquareSum& sum) {
  const int rows = sum.kernel_height + 1;
  const int columns = sum.kernel_width + 1;
  sum.first_row = y < 0 ? -y : 0;
  sum.last_row = height - y < rows ? height - y : rows;
  sum.first_column = x < 0 ? -x : 0;
  sum.last_column = width - x < columns ? width - x : columns;
  sum.row_distance = std::int64_t{shape.width} * kTileElements;
  sum.block_rows = shape.plane_elements();
  sum.corner = y * sum.row_distance + std::int64_t{x} * kTileElements;
}

// Computes squares one after the other, and writes each while the next one is computed: products leave the
// vector units idle. Writer: void operator()(const ResultSquare& result, int image) writes one image.
//
// What describes a square is written in place, field by field: a copy would read several fields at once, and
// wait until all stores before them, the results' included, have left for the cache.
template <class Writer>
class SquarePipeline {
 public:
  explicit SquarePipeline(const TileProductKernels& tile_product) : tile_product_(tile_product) {}

  // The sum and the writer of the next square; the sum is of its first 16 outputs.
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
    for (int image = 0; image < kHalfImages; ++image) write(image);
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
