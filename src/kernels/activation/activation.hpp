// Elementwise nonlinearities.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bfloat16.hpp"

namespace ftl::kernels {

enum class ActivationKind {
  identity,
  relu,
  gelu,  // x Phi(x), exact (erf) form; Hendrycks and Gimpel 2016
  silu,  // x sigmoid(x)
  celu,  // max(0, x) + min(0, a (exp(x / a) - 1)), a = kCeluAlpha
  sigmoid,
};

// Page's DAWNBench entry ("How to train your ResNet", part 8) uses 0.075.
inline constexpr float kCeluAlpha = 0.075f;

std::string_view name(ActivationKind kind);

struct ActivationKernels {
  // y[i] = f(x[i]) for i < elements, a multiple of 32. y may be x.
  void (*forward)(ActivationKind kind, std::int64_t elements, const bf16* x, bf16* y);
  // dx[i] = dy[i] f'(x[i]). dx may be dy.
  void (*backward)(ActivationKind kind, std::int64_t elements, const bf16* x, const bf16* dy, bf16* dx);
};

// The scalar reference, in float or double.
template <class Real>
Real activation_reference(ActivationKind kind, Real x);
template <class Real>
Real activation_derivative_reference(ActivationKind kind, Real x);

}  // namespace ftl::kernels
