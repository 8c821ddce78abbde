// The largest magnitude among values of bf16. For *_cpu.cpp files only.
#pragma once

#include "kernels/simd.hpp"

namespace ftl::kernels {
namespace {

class LargestMagnitude {
 public:
  // `count` values, a multiple of 32.
  void include(const bf16* values, int count) {
    for (int i = 0; i < count; i += 2 * kLanes) {
      Bits bits;
      std::memcpy(&bits, values + i, sizeof(bits));
      bits &= std::uint16_t{0x7fff};
      largest_ = bits > largest_ ? bits : largest_;
    }
  }

  // NaN if a value was.
  float value() const {
    bf16 result{};
    for (int lane = 0; lane < 2 * kLanes; ++lane) {
      if (largest_[lane] > result.bits) result.bits = largest_[lane];
    }
    return to_float(result);
  }

 private:
  // Without their signs they compare as integers, and NaN is above all.
  using Bits = std::uint16_t __attribute__((vector_size(kLanes * 4)));
  Bits largest_{};
};

}  // namespace
}  // namespace ftl::kernels
