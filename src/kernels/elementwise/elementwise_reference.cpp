#include "kernels/elementwise/elementwise.hpp"

namespace ftl::kernels {

template <class Real>
void multiply_reference(int images, int channels, int positions, std::span<const Real> x,
                        std::span<const Real> gate, std::span<Real> y) {
  const auto planes = static_cast<std::size_t>(images) * static_cast<std::size_t>(channels);
  std::size_t i = 0;
  for (std::size_t plane = 0; plane < planes; ++plane) {
    for (int position = 0; position < positions; ++position, ++i) y[i] = x[i] * gate[plane];
  }
}

template <class Real>
void multiply_backward_reference(int images, int channels, int positions, std::span<const Real> x,
                                 std::span<const Real> gate, std::span<const Real> dy, std::span<Real> dx,
                                 std::span<Real> dgate) {
  const auto planes = static_cast<std::size_t>(images) * static_cast<std::size_t>(channels);
  std::size_t i = 0;
  for (std::size_t plane = 0; plane < planes; ++plane) {
    dgate[plane] = 0;
    for (int position = 0; position < positions; ++position, ++i) {
      dx[i] = dy[i] * gate[plane];
      dgate[plane] += dy[i] * x[i];
    }
  }
}

template void multiply_reference(int, int, int, std::span<const float>, std::span<const float>,
                                 std::span<float>);
template void multiply_reference(int, int, int, std::span<const double>, std::span<const double>,
                                 std::span<double>);
template void multiply_backward_reference(int, int, int, std::span<const float>, std::span<const float>,
                                          std::span<const float>, std::span<float>, std::span<float>);
template void multiply_backward_reference(int, int, int, std::span<const double>, std::span<const double>,
                                          std::span<const double>, std::span<double>, std::span<double>);

}  // namespace ftl::kernels
