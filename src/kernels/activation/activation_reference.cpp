#include <cmath>
#include <numbers>

#include "kernels/activation/activation.hpp"

namespace ftl::kernels {
namespace {

template <class Real>
Real sigmoid(Real x) {
  return 1 / (1 + std::exp(-x));
}

template <class Real>
Real normal_distribution(Real x) {
  return std::erfc(-x / std::numbers::sqrt2_v<Real>) / 2;
}

template <class Real>
Real normal_density(Real x) {
  return std::exp(-x * x / 2) * std::numbers::inv_sqrtpi_v<Real> / std::numbers::sqrt2_v<Real>;
}

}  // namespace

template <class Real>
Real activation_reference(ActivationKind kind, Real x) {
  constexpr Real kAlpha = kCeluAlpha;
  switch (kind) {
    case ActivationKind::identity:
      return x;
    case ActivationKind::relu:
      return x <= 0 ? 0 : x;
    case ActivationKind::gelu:
      return x * normal_distribution(x);
    case ActivationKind::silu:
      return x * sigmoid(x);
    case ActivationKind::celu:
      return x <= 0 ? kAlpha * std::expm1(x / kAlpha) : x;
    case ActivationKind::sigmoid:
      return sigmoid(x);
  }
  return x;
}

template <class Real>
Real activation_derivative_reference(ActivationKind kind, Real x) {
  constexpr Real kAlpha = kCeluAlpha;
  switch (kind) {
    case ActivationKind::identity:
      return 1;
    case ActivationKind::relu:
      return x > 0 ? 1 : 0;
    case ActivationKind::gelu:
      return normal_distribution(x) + x * normal_density(x);
    case ActivationKind::silu:
      return sigmoid(x) * (1 + x * (1 - sigmoid(x)));
    case ActivationKind::celu:
      return x > 0 ? 1 : std::exp(x / kAlpha);
    case ActivationKind::sigmoid:
      return sigmoid(x) * (1 - sigmoid(x));
  }
  return 1;
}

template float activation_reference(ActivationKind, float);
template double activation_reference(ActivationKind, double);
template float activation_derivative_reference(ActivationKind, float);
template double activation_derivative_reference(ActivationKind, double);

}  // namespace ftl::kernels
