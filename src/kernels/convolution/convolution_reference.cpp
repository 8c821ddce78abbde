#include <algorithm>

#include "kernels/convolution/convolution.hpp"

namespace ftl::kernels {
namespace {

// Calls visit(x index, weight index, y index) for every product of the convolution; taps outside the picture
// have none.
template <class Visit>
void for_each_product(const ConvolutionGeometry& geometry, int images, const Visit& visit) {
  const Shape& in = geometry.in;
  const Shape& out = geometry.out;
  const auto plain_index = [](const Shape& shape, int image, int channel, int y, int x) {
    return ((std::size_t(image) * std::size_t(shape.channels) + std::size_t(channel)) *
                std::size_t(shape.height) +
            std::size_t(y)) *
               std::size_t(shape.width) +
           std::size_t(x);
  };
  for (int image = 0; image < images; ++image) {
    for (int output = 0; output < out.channels; ++output) {
      for (int input = 0; input < geometry.group_inputs(); ++input) {
        const int in_channel = output / geometry.group_outputs() * geometry.group_inputs() + input;
        for (int out_y = 0; out_y < out.height; ++out_y) {
          for (int out_x = 0; out_x < out.width; ++out_x) {
            for (int ky = 0; ky < geometry.kernel_height; ++ky) {
              for (int kx = 0; kx < geometry.kernel_width; ++kx) {
                const int in_y = out_y * geometry.stride - geometry.pad + ky;
                const int in_x = out_x * geometry.stride - geometry.pad + kx;
                if (in_y < 0 || in_y >= in.height || in_x < 0 || in_x >= in.width) continue;
                const Shape weights{geometry.group_inputs(), geometry.kernel_height, geometry.kernel_width};
                visit(plain_index(in, image, in_channel, in_y, in_x),
                      plain_index(weights, output, input, ky, kx),
                      plain_index(out, image, output, out_y, out_x));
              }
            }
          }
        }
      }
    }
  }
}

// The output channel of an element of plain y.
std::size_t channel_of(const Shape& shape, std::size_t index) {
  return index / static_cast<std::size_t>(shape.positions()) % static_cast<std::size_t>(shape.channels);
}

}  // namespace

template <class Real>
void convolution_reference(const ConvolutionGeometry& geometry, int images, std::span<const Real> x,
                           std::span<const Real> weights, std::span<const Real> bias, std::span<Real> y) {
  for (std::size_t i = 0; i < y.size(); ++i)
    y[i] = bias.empty() ? Real{0} : bias[channel_of(geometry.out, i)];
  for_each_product(geometry, images, [&](std::size_t in, std::size_t weight, std::size_t out) {
    y[out] += x[in] * weights[weight];
  });
}

template <class Real>
void convolution_backward_reference(const ConvolutionGeometry& geometry, int images, std::span<const Real> x,
                                    std::span<const Real> weights, std::span<const Real> dy,
                                    std::span<Real> dx, std::span<Real> dweights, std::span<Real> dbias) {
  std::fill(dx.begin(), dx.end(), Real{0});
  std::fill(dweights.begin(), dweights.end(), Real{0});
  std::fill(dbias.begin(), dbias.end(), Real{0});
  for_each_product(geometry, images, [&](std::size_t in, std::size_t weight, std::size_t out) {
    if (!dx.empty()) dx[in] += dy[out] * weights[weight];
    if (!dweights.empty()) dweights[weight] += dy[out] * x[in];
  });
  if (dbias.empty()) return;
  for (std::size_t i = 0; i < dy.size(); ++i) dbias[channel_of(geometry.out, i)] += dy[i];
}

template void convolution_reference(const ConvolutionGeometry&, int, std::span<const float>,
                                    std::span<const float>, std::span<const float>, std::span<float>);
template void convolution_reference(const ConvolutionGeometry&, int, std::span<const double>,
                                    std::span<const double>, std::span<const double>, std::span<double>);
template void convolution_backward_reference(const ConvolutionGeometry&, int, std::span<const float>,
                                             std::span<const float>, std::span<const float>, std::span<float>,
                                             std::span<float>, std::span<float>);
template void convolution_backward_reference(const ConvolutionGeometry&, int, std::span<const double>,
                                             std::span<const double>, std::span<const double>,
                                             std::span<double>, std::span<double>, std::span<double>);

}  // namespace ftl::kernels
