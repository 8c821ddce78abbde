// What a machine could do at best: multiply-adds on registers only. For *_cpu.cpp files only.
#pragma once

#include "kernels/product/product.hpp"

namespace ftl::kernels {
namespace {

// As many multiply-adds as `repetitions` products of depth 32 have, on enough independent sums to hide their
// latency. A Step is such a sum; calling it does its kMultiplyAdds. The empty asm in a step keeps the
// compiler from merging or dropping them.
template <class Step>
void burn_steps(long repetitions) {
  Step a, b, c, d, e, f, g, h, i, j;
  constexpr long kSteps = long{kTileRows} * kTileColumns * kTileDepth / Step::kMultiplyAdds;
  for (long done = 0; done < repetitions * kSteps; done += 10) {
    a();
    b();
    c();
    d();
    e();
    f();
    g();
    h();
    i();
    j();
  }
}

}  // namespace
}  // namespace ftl::kernels
