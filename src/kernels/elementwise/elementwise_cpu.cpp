#include "kernels/elementwise/elementwise.hpp"
#include "kernels/simd.hpp"

namespace ftl::kernels::FTL_ISA {
namespace {

void add(std::int64_t elements, const bf16* a, const bf16* b, bf16* y) {
  for (std::int64_t i = 0; i < elements; i += kLanes) store(y + i, load(a + i) + load(b + i));
}

void multiply(const Shape& shape, const bf16* x, const bf16* gate, bf16* y) {
  for (int plane = 0; plane < shape.planes(); ++plane) {
    for (int position = 0; position < shape.positions(); ++position) {
      for (int i = 0; i < kTileElements; i += kLanes) store(y + i, load(x + i) * load(gate + i));
      x += kTileElements;
      y += kTileElements;
    }
    gate += kTileElements;
  }
}

void multiply_backward(const Shape& shape, const bf16* x, const bf16* gate, const bf16* dy, bf16* dx,
                       bf16* dgate) {
  for (int plane = 0; plane < shape.planes(); ++plane) {
    alignas(64) float sums[kTileElements] = {};
    for (int position = 0; position < shape.positions(); ++position) {
      for (int i = 0; i < kTileElements; i += kLanes) {
        const vfloat gradient = load(dy + i);
        store(sums + i, load(sums + i) + gradient * load(x + i));
        store(dx + i, gradient * load(gate + i));
      }
      x += kTileElements;
      dy += kTileElements;
      dx += kTileElements;
    }
    for (int i = 0; i < kTileElements; i += kLanes) store(dgate + i, load(sums + i));
    gate += kTileElements;
    dgate += kTileElements;
  }
}

}  // namespace

extern const ElementwiseKernels kElementwise;
const ElementwiseKernels kElementwise{add, multiply, multiply_backward};

}  // namespace ftl::kernels::FTL_ISA
