// The nonlinearities on vectors, for kernel bodies that apply one to values they hold in registers.
#pragma once

#include "kernels/activation/activation.hpp"
#include "kernels/vector_math.hpp"

namespace ftl::kernels {
namespace {

// NaN stays NaN, so that a training that diverges shows it in its loss.
template <ActivationKind kKind>
inline vfloat activate(vfloat x) {
  if constexpr (kKind == ActivationKind::identity) {
    return x;
  } else if constexpr (kKind == ActivationKind::relu) {
    return maximum(broadcast(0.0f), x);
  } else if constexpr (kKind == ActivationKind::gelu) {
    return gelu(x);
  } else if constexpr (kKind == ActivationKind::silu) {
    return silu(x);
  } else if constexpr (kKind == ActivationKind::celu) {
    const vfloat zero = broadcast(0.0f);
    const vfloat below = kCeluAlpha * exponential(minimum(x, zero) * (1.0f / kCeluAlpha)) - kCeluAlpha;
    return x <= 0.0f ? below : x;
  } else {
    return logistic(x);
  }
}

// Where an activation that first falls and then rises is lowest; of others any point.
template <ActivationKind kKind>
constexpr float lowest_point() {
  if constexpr (kKind == ActivationKind::gelu) return -0.75179160f;
  if constexpr (kKind == ActivationKind::silu) return -1.27846454f;
  return 0;
}

template <ActivationKind kKind>
inline vfloat derivative(vfloat x) {
  const vfloat zero = broadcast(0.0f);
  const vfloat one = broadcast(1.0f);
  if constexpr (kKind == ActivationKind::identity) {
    return one;
  } else if constexpr (kKind == ActivationKind::relu) {
    return x > 0.0f ? one : zero;
  } else if constexpr (kKind == ActivationKind::gelu) {
    return gelu_derivative(x);
  } else if constexpr (kKind == ActivationKind::silu) {
    return silu_derivative(x);
  } else if constexpr (kKind == ActivationKind::celu) {
    return exponential(minimum(x, zero) * (1.0f / kCeluAlpha));
  } else {
    const vfloat s = logistic(x);
    return s * (1.0f - s);
  }
}

// A kind as a type, so that a loop can be compiled for it.
template <ActivationKind kKind>
struct Kind {};

// Calls body(Kind<kind>{}).
template <class Body>
inline void with_kind(ActivationKind kind, const Body& body) {
  switch (kind) {
    case ActivationKind::identity:
      return body(Kind<ActivationKind::identity>{});
    case ActivationKind::relu:
      return body(Kind<ActivationKind::relu>{});
    case ActivationKind::gelu:
      return body(Kind<ActivationKind::gelu>{});
    case ActivationKind::silu:
      return body(Kind<ActivationKind::silu>{});
    case ActivationKind::celu:
      return body(Kind<ActivationKind::celu>{});
    case ActivationKind::sigmoid:
      return body(Kind<ActivationKind::sigmoid>{});
  }
}

}  // namespace
}  // namespace ftl::kernels
