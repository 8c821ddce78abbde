#include "kernels/batch_norm/batch_norm.hpp"

#include <algorithm>
#include <cmath>

namespace ftl::kernels {

BatchNormMoments batch_norm_moments(double sum, double sum_of_squares, double count) {
  const double mean = sum / count;
  return {mean, std::max(0.0, sum_of_squares / count - mean * mean)};
}

BatchNormAffine batch_norm_affine(double mean, double variance, double eps, float gamma, float beta) {
  const double multiplier = gamma / std::sqrt(variance + eps);
  return {static_cast<float>(multiplier), static_cast<float>(beta - mean * multiplier)};
}

// With r = 1 / sqrt(variance + eps) and normalised value n = (x - mean) r:
//   dx = gamma r (dz - dbeta / count - n dgamma / count),
// sorted by dz, x and the rest.
BatchNormGradient batch_norm_gradient(const BatchNormMoments& moments, double eps, float gamma, double sum_dz,
                                      double sum_dz_x, double count) {
  const double r = 1 / std::sqrt(moments.variance + eps);
  const double dgamma = (sum_dz_x - moments.mean * sum_dz) * r;
  const double a = gamma * r;
  const double b = -a * r * dgamma / count;
  const double c = -a * sum_dz / count - b * moments.mean;
  return {static_cast<float>(dgamma), static_cast<float>(sum_dz), static_cast<float>(a),
          static_cast<float>(b), static_cast<float>(c)};
}

}  // namespace ftl::kernels
