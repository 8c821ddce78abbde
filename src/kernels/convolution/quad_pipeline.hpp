// Quads of four results on their way from the micro-kernel to activations. For *_cpu.cpp files only.
#pragma once

#include "kernels/convolution/block_walk.hpp"
#include "kernels/simd.hpp"
#include "tensor/layout.hpp"

namespace ftl::kernels {
namespace {

// The sums of 16 images of each and 32 outputs.
struct alignas(64) ResultQuad {
  float values[2][4][kHalfRows * kHalfColumns];  // [half of the outputs][position][image][output]

  const float* row(int half, int position, int image) const {
    return values[half][position] + image * kHalfColumns;
  }
};

// Whether positions share inputs, and all channel blocks of them.
inline bool has_quads(const ConvolutionGeometry& g) {
  return g.stride == 1 && g.groups == 1 && g.kernel_width > 1 && g.kernel_height > 1;
}

// Where a quad's inputs are: in blocks of `shape`, of which the first height x width positions hold
// anything; its window's corner is at (y, x), inside or not.
struct QuadInputs {
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

// Sets what all quads of a kind have in common. `tap_columns` leads from one tap's columns to the next. Of
// one half of the images, quads of all images compute it twice: a picture's sums are added up in the same
// order whatever stands beside it.
inline void describe_kind(const ConvolutionGeometry& g, QuadKind kind, const Shape& inputs, int halves,
                          std::int64_t tap_columns, QuadSum& sum) {
  const bool by_columns = kind == QuadKind::beside;
  const std::int64_t row = std::int64_t{inputs.width} * kTileElements;
  sum.lines = by_columns ? g.kernel_width : g.kernel_height;
  sum.places = by_columns ? g.kernel_height : g.kernel_width;
  sum.lower_line = kind == QuadKind::inner ? 1 : 0;
  sum.lower_distance = kind == QuadKind::inner ? row : halves == 2 ? inputs.half_elements() : 0;
  sum.line_distance = by_columns ? kTileElements : row;
  sum.place_distance = by_columns ? row : kTileElements;
  sum.channel_block_rows = inputs.plane_elements();
  sum.line_columns = by_columns ? tap_columns : tap_columns * g.kernel_width;
  sum.place_columns = by_columns ? tap_columns * g.kernel_width : tap_columns;
}

// Sets where the quad's window is. The sum's kind has been described.
inline void place_window(QuadKind kind, const QuadInputs& inputs, QuadSum& sum) {
  const bool by_columns = kind == QuadKind::beside;
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

// Calls visit(i, half, y, x) for a quad's results, in the order in which they are computed.
template <class Visit>
inline void for_each_result(const Quad& quad, int half, const Visit& visit) {
  for (int i = 0; i < 4; ++i) {
    const bool second = i % 2 == 1;
    const bool lower = i / 2 == 1;
    switch (quad.kind) {
      case QuadKind::inner:
        visit(i, half, quad.y + lower, quad.x + second);
        break;
      case QuadKind::below:
        visit(i, lower ? 1 : 0, quad.y, quad.x + second);
        break;
      case QuadKind::beside:
        visit(i, lower ? 1 : 0, quad.y + second, quad.x);
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

  vfloat load_sums(const ResultQuad& result, int position, int image, int output) const {
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

// Writes the 32 outputs of one image at each of a quad's positions.
template <bool int8>
struct PositionsWriter {
  bf16* to[4];  // the positions' tiles
  SumEpilogue<int8> epilogue;

  // Always inlined: GCC takes a function that only prefetches for one without effect, and drops its calls.
  [[gnu::always_inline]] void prepare(int image) const {
    for (const bf16* tile : to) __builtin_prefetch(tile + image * kBlockChannels, 1);
  }

  void operator()(const ResultQuad& result, int image) const {
    for (int position = 0; position < 4; ++position) {
      bf16* row = to[position] + image * kBlockChannels;
      for (int n = 0; n < kBlockChannels; n += 2 * kLanes) {
        store(row + n, epilogue.load_sums(result, position, image, n),
              epilogue.load_sums(result, position, image, n + kLanes));
      }
    }
  }
};

// Computes quads one after the other, and writes each while the next one is computed: products leave the
// vector units idle. Writer: void operator()(const ResultQuad& result, int image) writes one image,
// prepare(int image) begins to bring near what it will write to.
//
// What describes a quad is written in place, field by field: a copy would read several fields at once, and
// wait until all stores before them, the results' included, have left for the cache.
template <class Writer>
class QuadPipeline {
 public:
  explicit QuadPipeline(const SharedProductKernels& products) : products_(products) {}

  // The sum and the writer of the next quad, as they were for the last one; the sum is of its first 16
  // outputs.
  QuadSum& sum() { return sum_; }
  Writer& writer() { return writers_[turn_]; }

  void compute() {
    for (int half = 0; half < 2; ++half) {
      interlude_.next = half * kHalfImages / 2;
      interlude_.last = pending_ ? interlude_.next + kHalfImages / 2 : interlude_.next;
      sum_.result = results_[turn_].values[half][0];
      products_.multiply_quad(sum_, interlude_, former_);
      former_ = sum_.result;
      sum_.columns += kHalfOperand;
    }
    pending_ = true;
    turn_ = 1 - turn_;
  }

  void finish() {
    if (!pending_) return;
    products_.store_quad(former_);
    for (int image = 0; image < kHalfImages; ++image) writers_[1 - turn_](results_[1 - turn_], image);
    former_ = nullptr;
    pending_ = false;
  }

 private:
  void write(int image) const {
    writers_[1 - turn_](results_[1 - turn_], image);
    writers_[turn_].prepare(image);
  }

  const SharedProductKernels& products_;
  ResultQuad results_[2];
  Writer writers_[2]{};
  QuadSum sum_{};
  Interlude interlude_{
      .step = [](void* self, int image) { static_cast<const QuadPipeline*>(self)->write(image); },
      .context = this};
  float* former_ = nullptr;  // where the last sums belong
  int turn_ = 0;
  bool pending_ = false;
};

}  // namespace
}  // namespace ftl::kernels
