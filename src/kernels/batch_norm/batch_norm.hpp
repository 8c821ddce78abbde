// Batch normalisation (Ioffe and Szegedy 2015) with the activation that follows it, cut at the two places
// where the whole batch must be known: the statistics before the forward pass and the two sums before the
// backward pass.
//
//   z = gamma (x - mean) / sqrt(variance + eps) + beta = x * multiplier + offset,   y = f(z)
//
// Every function works on one image block; per-channel arrays have `shape.channel_blocks() * 32` floats.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/activation/activation.hpp"
#include "tensor/layout.hpp"

namespace ftl::kernels {

struct BatchNormStatistics {
  const Shape& shape;
  int images = 0;
  const bf16* x = nullptr;
  float* sum = nullptr;
  float* sum_of_squares = nullptr;
  float* smallest = nullptr;  // of each channel, with `largest`; or both null
  float* largest = nullptr;
};

struct BatchNormForward {
  const Shape& shape;
  ActivationKind activation = ActivationKind::identity;
  int images = 0;
  const bf16* x = nullptr;
  const float* multiplier = nullptr;
  const float* offset = nullptr;
  bf16* y = nullptr;  // may be x
  // Set to the largest magnitude in the first `images` of y, NaN if one is; or null.
  float* largest_y = nullptr;
};

// Channels in whole blocks of 64.
struct BatchNormForwardRounded {
  const Shape& shape;
  ActivationKind activation = ActivationKind::identity;
  int images = 0;
  const bf16* x = nullptr;
  const float* multiplier = nullptr;
  const float* offset = nullptr;
  const float* smallest = nullptr;  // of x, as statistics leave them
  const float* largest = nullptr;
  bf16* integers = nullptr;
};

struct BatchNormBackwardReduce {
  const Shape& shape;
  ActivationKind activation = ActivationKind::identity;
  int images = 0;
  const bf16* x = nullptr;
  const float* multiplier = nullptr;
  const float* offset = nullptr;
  const bf16* dy = nullptr;
  bf16* dz = nullptr;  // may be dy
  float* sum_dz = nullptr;
  float* sum_dz_x = nullptr;
};

struct BatchNormBackward {
  const Shape& shape;
  int images = 0;
  const bf16* dz = nullptr;
  const bf16* x = nullptr;
  const float* a = nullptr;
  const float* b = nullptr;
  const float* c = nullptr;
  bf16* dx = nullptr;           // may be dz
  float* largest_dx = nullptr;  // as largest_y
};

struct BatchNormKernels {
  // Adds to sum[c] and sum_of_squares[c] over the positions of the first `images` images; sets smallest[c]
  // and largest[c].
  void (*statistics)(const BatchNormStatistics& arguments);
  // y = f(x * multiplier + offset), for all 32 images. Where multiplier and offset are 0 (channel padding), y
  // is f(0), which is 0 for every activation that is fused with a norm.
  void (*forward)(const BatchNormForward& arguments);
  // The same without y: what a convolution's round_inputs would make of it, but for y's rounding to bf16.
  // Returns what the integers are 127ths of: the largest magnitude of f where it may be, from each channel's
  // smallest x to its largest. NaN if an offset or multiplier is.
  float (*forward_rounded)(const BatchNormForwardRounded& arguments);
  // dz = dy f'(x * multiplier + offset) for the first `images` images, 0 for the padding images, and adds
  // sum_dz[c] += dz, sum_dz_x[c] += dz x over the first `images` images.
  void (*backward_reduce)(const BatchNormBackwardReduce& arguments);
  // dx = a dz + b x + c for the first `images` images, 0 for the padding images.
  void (*backward)(const BatchNormBackward& arguments);
};

// What a batch norm knows about its batch: the sums over all valid images and positions, `count` of them a
// channel.
struct BatchNormMoments {
  double mean = 0;
  double variance = 0;  // biased (divided by count)
};
BatchNormMoments batch_norm_moments(double sum, double sum_of_squares, double count);

// multiplier and offset of one channel.
struct BatchNormAffine {
  float multiplier = 0;
  float offset = 0;
};
BatchNormAffine batch_norm_affine(double mean, double variance, double eps, float gamma, float beta);

// Gradients of one channel from the two sums, and the coefficients of `backward`.
struct BatchNormGradient {
  float dgamma = 0;
  float dbeta = 0;
  float a = 0;
  float b = 0;
  float c = 0;
};
BatchNormGradient batch_norm_gradient(const BatchNormMoments& moments, double eps, float gamma, double sum_dz,
                                      double sum_dz_x, double count);

// The scalar reference over plain [images][C][positions]: z from batch statistics, and all gradients.
template <class Real>
struct BatchNormReference {
  int images = 0;
  int channels = 0;
  int positions = 0;
  Real eps = 0;

  void forward(std::span<const Real> x, std::span<const Real> gamma, std::span<const Real> beta,
               std::span<Real> z) const;
  void backward(std::span<const Real> x, std::span<const Real> gamma, std::span<const Real> dz,
                std::span<Real> dx, std::span<Real> dgamma, std::span<Real> dbeta) const;
};

}  // namespace ftl::kernels
