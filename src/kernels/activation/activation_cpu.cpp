#include "kernels/activation/activation_vector.hpp"

namespace ftl::kernels::FTL_ISA {
namespace {

template <ActivationKind kKind>
void forward_of(std::int64_t elements, const bf16* x, bf16* y) {
  for (std::int64_t i = 0; i < elements; i += 2 * kLanes) {
    store(y + i, activate<kKind>(load(x + i)), activate<kKind>(load(x + i + kLanes)));
  }
}

template <ActivationKind kKind>
void backward_of(std::int64_t elements, const bf16* x, const bf16* dy, bf16* dx) {
  for (std::int64_t i = 0; i < elements; i += kLanes)
    store(dx + i, load(dy + i) * derivative<kKind>(load(x + i)));
}

void forward(ActivationKind kind, std::int64_t elements, const bf16* x, bf16* y) {
  with_kind(kind, [&]<ActivationKind kKind>(Kind<kKind>) { forward_of<kKind>(elements, x, y); });
}

void backward(ActivationKind kind, std::int64_t elements, const bf16* x, const bf16* dy, bf16* dx) {
  with_kind(kind, [&]<ActivationKind kKind>(Kind<kKind>) { backward_of<kKind>(elements, x, dy, dx); });
}

}  // namespace

extern const ActivationKernels kActivation;
const ActivationKernels kActivation{forward, backward};

}  // namespace ftl::kernels::FTL_ISA
