// Weight gradients of three taps on their way from the micro-kernel to memory. For *_cpu.cpp files only.
#pragma once

#include "kernels/convolution/weight_tiles.hpp"
#include "kernels/simd.hpp"
#include "kernels/tile_product/tile_product.hpp"

namespace ftl::kernels {
namespace {

// Adds sums to gradients, one after the other. Sums of 8-bit integers are scaled and added while the next
// ones are computed, which leaves the vector units idle; those of bf16 start from the gradients themselves.
class TapPipeline {
 public:
  // `scale` is what sums of 8-bit integers are multiplied by; `accumulate`: gradients are added to.
  TapPipeline(const TileProductKernels& tile_product, float scale, bool accumulate)
      : tile_product_(tile_product), scale_(scale), accumulate_(accumulate) {}

  // The operands of the next sums, as they were for the last ones.
  TapSums& sums() { return sums_; }

  // Adds the sums to `gradient`, the first row of 16 x 16 values in tiles of 32 x 32, one a tap; those at
  // `next` follow.
  void compute(float* gradient, const float* next) {
    turn_ = 1 - turn_;
    gradients_[turn_] = gradient;
    fetched_ = sums_.int8 ? gradient : next;
    sums_.accumulate = accumulate_ && !sums_.int8;
    sums_.results = sums_.int8 ? TapResults{reinterpret_cast<float*>(integers_[turn_]), kHalfColumns,
                                            kHalfRows * kHalfColumns}
                               : TapResults{gradient, kTileColumns, kGradientTile};
    interlude_.next = 0;
    tile_product_.add_tap_products(sums_, interlude_, former_);
    former_ = sums_.results;
  }

  void finish() {
    if (former_.first == nullptr) return;
    tile_product_.store_taps(former_);
    turn_ = 1 - turn_;
    fetched_ = nullptr;
    for (int row = 0; row < kRows; ++row) step(row);
    former_ = {};
  }

 private:
  static constexpr int kRows = 3 * kHalfRows;

  static std::int64_t place_of(int row) {
    return row / kHalfRows * kGradientTile + row % kHalfRows * kTileColumns;
  }

  // Always inlined: GCC takes a function that only prefetches for one without effect, and drops its calls.
  [[gnu::always_inline]] void fetch(int row) const {
    if (fetched_ == nullptr) return;
    __builtin_prefetch(fetched_ + place_of(row), 1);
  }

  void step(int row) const {
    fetch(row);
    if (!sums_.int8 || former_.first == nullptr) return;
    const std::int32_t* from = integers_[1 - turn_] + row * kHalfColumns;
    float* to = gradients_[1 - turn_] + place_of(row);
    for (int n = 0; n < kHalfColumns; n += kLanes) {
      vint integers;
      std::memcpy(&integers, from + n, sizeof(integers));
      const vfloat sum = __builtin_convertvector(integers, vfloat) * broadcast(scale_);
      store(to + n, accumulate_ ? load(to + n) + sum : sum);
    }
  }

  const TileProductKernels& tile_product_;
  float scale_;
  bool accumulate_;
  alignas(64) std::int32_t integers_[2][kRows * kHalfColumns];
  float* gradients_[2] = {};
  const float* fetched_ = nullptr;
  TapSums sums_;
  TapResults former_;  // where the sums that are still in registers belong
  int turn_ = 0;
  Interlude interlude_{.step = [](void* self, int row) { static_cast<const TapPipeline*>(self)->step(row); },
                       .context = this,
                       .last = kRows};
};

}  // namespace
}  // namespace ftl::kernels
