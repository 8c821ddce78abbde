#include <cmath>
#include <vector>

#include "kernels/batch_norm/batch_norm.hpp"

namespace ftl::kernels {
namespace {

// One channel's values in plain [images][C][positions], by a running index over images and positions.
template <class Real>
struct Channel {
  const BatchNormReference<Real>& norm;
  int channel;

  std::size_t count() const {
    return static_cast<std::size_t>(norm.images) * static_cast<std::size_t>(norm.positions);
  }
  std::size_t index(std::size_t i) const {
    const auto positions = static_cast<std::size_t>(norm.positions);
    const auto channels = static_cast<std::size_t>(norm.channels);
    return (i / positions * channels + static_cast<std::size_t>(channel)) * positions + i % positions;
  }
  Real mean(std::span<const Real> values) const {
    Real sum = 0;
    for (std::size_t i = 0; i < count(); ++i) sum += values[index(i)];
    return sum / static_cast<Real>(count());
  }
  // 1 / the standard deviation.
  Real reciprocal_deviation(std::span<const Real> x, Real mean_x) const {
    Real sum = 0;
    for (std::size_t i = 0; i < count(); ++i) sum += (x[index(i)] - mean_x) * (x[index(i)] - mean_x);
    return 1 / std::sqrt(sum / static_cast<Real>(count()) + norm.eps);
  }
};

}  // namespace

template <class Real>
void BatchNormReference<Real>::forward(std::span<const Real> x, std::span<const Real> gamma,
                                       std::span<const Real> beta, std::span<Real> z) const {
  for (int c = 0; c < channels; ++c) {
    const Channel<Real> channel{*this, c};
    const auto at = static_cast<std::size_t>(c);
    const Real mean = channel.mean(x);
    const Real r = channel.reciprocal_deviation(x, mean);
    for (std::size_t i = 0; i < channel.count(); ++i) {
      z[channel.index(i)] = gamma[at] * (x[channel.index(i)] - mean) * r + beta[at];
    }
  }
}

template <class Real>
void BatchNormReference<Real>::backward(std::span<const Real> x, std::span<const Real> gamma,
                                        std::span<const Real> dz, std::span<Real> dx, std::span<Real> dgamma,
                                        std::span<Real> dbeta) const {
  for (int c = 0; c < channels; ++c) {
    const Channel<Real> channel{*this, c};
    const auto at = static_cast<std::size_t>(c);
    const auto count = static_cast<Real>(channel.count());
    const Real mean = channel.mean(x);
    const Real r = channel.reciprocal_deviation(x, mean);
    dgamma[at] = 0;
    dbeta[at] = 0;
    for (std::size_t i = 0; i < channel.count(); ++i) {
      dgamma[at] += dz[channel.index(i)] * (x[channel.index(i)] - mean) * r;
      dbeta[at] += dz[channel.index(i)];
    }
    for (std::size_t i = 0; i < channel.count(); ++i) {
      const Real normalised = (x[channel.index(i)] - mean) * r;
      dx[channel.index(i)] =
          gamma[at] * r * (dz[channel.index(i)] - dbeta[at] / count - normalised * dgamma[at] / count);
    }
  }
}

template struct BatchNormReference<float>;
template struct BatchNormReference<double>;

}  // namespace ftl::kernels
