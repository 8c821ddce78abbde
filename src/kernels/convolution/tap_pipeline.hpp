// Weight gradients of three taps on their way from the micro-kernel to memory. For *_cpu.cpp files only.
#pragma once

#include "kernels/convolution/weight_tiles.hpp"
#include "kernels/product/scaled_sums.hpp"
#include "kernels/product/shared_products.hpp"

namespace ftl::kernels {
namespace {

// What a gradient slot's sums are stored as: fp32, or of 8-bit integers bf16.
template <class Gradient>
inline constexpr bool kOfIntegers = false;
template <>
inline constexpr bool kOfIntegers<bf16> = true;

// Adds sums to gradients, one after the other. Sums of 8-bit integers are scaled and added while the next
// ones are computed, which leaves the vector units idle; those of bf16 start from the gradients themselves.
template <class Gradient>
class TapPipeline {
 public:
  // `scale` is what sums of 8-bit integers are multiplied by; `accumulate`: gradients are added to.
  TapPipeline(const SharedProductKernels& products, float scale, bool accumulate)
      : products_(products), scale_(scale), accumulate_(accumulate) {
    sums_.int8 = kInt8;
    sums_.accumulate = accumulate && !kInt8;
  }
  TapPipeline(const TapPipeline&) = delete;
  TapPipeline& operator=(const TapPipeline&) = delete;

  // To be described before compute(), but for its results; keeps what was set for the last sums.
  TapSums& sums() { return sums_; }

  // Adds the sums to `gradient`, the first tap's first row: each tap's 16 x 16 values lie in a tile of 32 x
  // 32 of its own. `next` is the gradient of the next call, fetched meanwhile, if there is one.
  void compute(Gradient* gradient, const Gradient* next) {
    turn_ = 1 - turn_;
    gradients_[turn_] = gradient;
    if constexpr (kInt8) {
      fetched_ = gradient;
      sums_.results = {reinterpret_cast<float*>(integers_[turn_]), kHalfColumns, kHalfRows * kHalfColumns};
    } else {
      fetched_ = next;
      sums_.results = {gradient, kTileColumns, kGradientTile};
    }
    interlude_.next = 0;
    products_.add_tap_products(sums_, interlude_, former_);
    former_ = sums_.results;
  }

  void finish() {
    if (former_.first == nullptr) return;
    products_.store_taps(former_);
    for (int row = 0; kInt8 && row < kRows; ++row) add_row(turn_, row);
    former_ = {};
  }

 private:
  static constexpr bool kInt8 = kOfIntegers<Gradient>;
  static constexpr int kRows = 3 * kHalfRows;

  static std::int64_t place_of(int row) {
    return row / kHalfRows * kGradientTile + row % kHalfRows * kTileColumns;
  }

  // Always inlined: GCC may take a function that only prefetches for one without effect, and drop its calls.
  [[gnu::always_inline]] void fetch(int row) const { __builtin_prefetch(fetched_ + place_of(row), 1); }

  void step(int row) const {
    fetch(row);
    if (kInt8 && former_.first != nullptr) add_row(1 - turn_, row);
  }

  void add_row(int turn, int row) const {
    add_scaled(integers_[turn] + row * kHalfColumns, kHalfColumns, scale_, accumulate_,
               gradients_[turn] + place_of(row));
  }

  const SharedProductKernels& products_;
  float scale_;
  bool accumulate_;
  alignas(64) std::int32_t integers_[2][kRows * kHalfColumns];
  Gradient* gradients_[2] = {};
  const Gradient* fetched_ = nullptr;
  TapSums sums_;
  TapResults former_;  // where the last sums belong
  int turn_ = 0;
  Interlude interlude_{.step = [](void* self, int row) { static_cast<const TapPipeline*>(self)->step(row); },
                       .context = this,
                       .last = kRows};
};

}  // namespace
}  // namespace ftl::kernels
