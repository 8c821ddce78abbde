// Transcendental functions on vectors, for kernel bodies (see simd.hpp). Results are stored in bf16, so they
// are as accurate as a few units of fp32 and no more; vector_math_test.cpp holds them to the errors stated
// here.
#pragma once

#include "kernels/simd.hpp"

namespace ftl::kernels {
namespace {

// coefficients[0] + coefficients[1] v + coefficients[2] v^2 + ...
template <int kTerms>
inline vfloat polynomial(const float (&coefficients)[kTerms], vfloat v) {
  vfloat sum = broadcast(coefficients[kTerms - 1]);
#pragma GCC unroll 16
  for (int term = kTerms - 2; term >= 0; --term) sum = sum * v + coefficients[term];
  return sum;
}

inline vfloat clamp(vfloat x, float low, float high) {
  return minimum(maximum(x, broadcast(low)), broadcast(high));
}

// e^x for x in [-87, 88], the nearer bound's value outside; relative error below 3e-7 + 8e-8 |x|, and exact
// at 0. As 2^n 2^f with n the nearest integer to x / ln 2; 2^f is a polynomial through the Chebyshev points
// of [-1/2, 1/2].
inline vfloat exponential(vfloat x) {
  constexpr float kLog2E = 1.44269504f;
  constexpr float kRound = 0x1.8p23f;  // adding it leaves the nearest integer in the lowest mantissa bits
  constexpr float kPowerOf2[] = {1.0f, 0.69314718f, 0.24022107f, 0.055503271f, 0.0096760374f, 0.0013400433f};
  const vfloat bounded = clamp(x, -87.0f, 88.0f);
  const vfloat shifted = bounded * kLog2E + kRound;
  const vfloat fraction = bounded * kLog2E - (shifted - kRound);
  const vint exponent = reinterpret_cast<vint>(shifted) << 23;
  return reinterpret_cast<vfloat>(reinterpret_cast<vint>(polynomial(kPowerOf2, fraction)) + exponent);
}

// 1 / (1 + e^-x); absolute error below 1e-6.
inline vfloat logistic(vfloat x) {
  return 1.0f / (1.0f + exponential(-x));
}

// An odd function that is constant outside [-bound, bound]: x times a polynomial in v = 2 (x / bound)^2 - 1.
template <int kTerms>
inline vfloat odd_polynomial(const float (&coefficients)[kTerms], float bound, vfloat x) {
  const vfloat inside = clamp(x, -bound, bound);
  const vfloat v = inside * inside * (2.0f / (bound * bound)) - 1.0f;
  return inside * polynomial(coefficients, v);
}

// Polynomials through the Chebyshev points cost half of the usual forms with an exponential and a division
// (such as Abramowitz and Stegun 7.1.26), which matters: these two run on every activation of a network with
// GELU.

// Phi(x) - 1/2 = erf(x / sqrt 2) / 2, Phi the standard normal distribution; absolute error below 5e-7.
inline vfloat normal_distribution_minus_half(vfloat x) {
  constexpr float kCoefficients[] = {0.141363814f,   -0.0702959076f,  0.0515179299f,  -0.0404512808f,
                                     0.0314767584f,  -0.0232131276f,  0.0162360892f,  -0.0113071250f,
                                     0.00676652743f, -0.00252691680f, 0.00137459615f, -0.00167673093f,
                                     0.000735376379f};
  return odd_polynomial(kCoefficients, 5.0f, x);
}

// (x Phi(x))' - 1/2 = Phi(x) - 1/2 + x phi(x), phi the standard normal density; absolute error below 1e-6.
inline vfloat gelu_derivative_minus_half(vfloat x) {
  constexpr float kCoefficients[] = {0.128759131f,   -0.0657396019f,  0.0536746792f, -0.0537485667f,
                                     0.0601187199f,  -0.0685841218f,  0.0757919401f, -0.0743501857f,
                                     0.0592208020f,  -0.0492696502f,  0.0518635660f, -0.0332375877f,
                                     0.00229077833f, -0.00253702491f, 0.0126771703f, -0.00602092175f};
  return odd_polynomial(kCoefficients, 5.5f, x);
}

}  // namespace
}  // namespace ftl::kernels
