// A tile of the gradient before a 2x2 max-pool. For *_cpu.cpp files only.
#pragma once

#include "kernels/simd.hpp"
#include "tensor/layout.hpp"

namespace ftl::kernels {
namespace {

// What of a pool's gradient goes to the window's position `candidate`: to[i] = dy[i] where it won, else 0.
inline void keep_winners(const bf16* dy, const std::uint8_t* argmax, int candidate, bf16* to) {
  for (int i = 0; i < kTileElements; ++i) {
    to[i].bits = argmax[i] == candidate ? dy[i].bits : std::uint16_t{0};
  }
}

}  // namespace
}  // namespace ftl::kernels
