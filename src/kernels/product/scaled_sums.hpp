// Sums of products on their way from tiles to memory. For *_cpu.cpp files only.
#pragma once

#include "kernels/simd.hpp"

namespace ftl::kernels {
namespace {

inline vfloat load_sums(const float* sums) {
  return load(sums);
}
inline vfloat load_sums(const std::int32_t* sums) {
  vint integers;
  std::memcpy(&integers, sums, sizeof(integers));
  return __builtin_convertvector(integers, vfloat);
}

// Of integers, summed as such or in fp32: to = (accumulate ? to : 0) + scale * sum, in fp32 or bf16.
template <class Sum, class To>
void add_scaled(const Sum* sums, int count, float scale, bool accumulate, To* to) {
  for (int n = 0; n < count; n += kLanes) {
    const vfloat sum = load_sums(sums + n) * broadcast(scale);
    store(to + n, accumulate ? load(to + n) + sum : sum);
  }
}

}  // namespace
}  // namespace ftl::kernels
