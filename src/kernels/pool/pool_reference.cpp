#include <algorithm>
#include <vector>

#include "kernels/pool/pool.hpp"

namespace ftl::kernels {
namespace {

// Calls visit(output index, input indices of the window in row-major order) for every output element.
template <class Visit>
void for_each_window(const PoolGeometry& geometry, int images, const Visit& visit) {
  const Shape& in = geometry.in;
  std::size_t out_index = 0;
  for (int plane = 0; plane < images * in.channels; ++plane) {
    for (int out_y = 0; out_y < geometry.out.height; ++out_y) {
      for (int out_x = 0; out_x < geometry.out.width; ++out_x) {
        std::vector<std::size_t> window;
        for (int ky = 0; ky < geometry.kernel_height; ++ky) {
          for (int kx = 0; kx < geometry.kernel_width; ++kx) {
            const int y = out_y * geometry.stride - geometry.pad + ky;
            const int x = out_x * geometry.stride - geometry.pad + kx;
            if (y < 0 || y >= in.height || x < 0 || x >= in.width) continue;
            window.push_back(static_cast<std::size_t>((std::int64_t{plane} * in.height + y) * in.width + x));
          }
        }
        visit(out_index++, window);
      }
    }
  }
}

template <class Real>
std::size_t first_maximum(std::span<const Real> x, const std::vector<std::size_t>& window) {
  return *std::max_element(window.begin(), window.end(),
                           [&](std::size_t a, std::size_t b) { return x[a] < x[b]; });
}

}  // namespace

template <class Real>
void pool_reference(const PoolGeometry& geometry, int images, std::span<const Real> x, std::span<Real> y) {
  for_each_window(geometry, images, [&](std::size_t out, const std::vector<std::size_t>& window) {
    if (geometry.kind == PoolKind::max) {
      y[out] = x[first_maximum(x, window)];
    } else {
      Real sum = 0;
      for (const std::size_t in : window) sum += x[in];
      y[out] = sum / static_cast<Real>(window.size());
    }
  });
}

template <class Real>
void pool_backward_reference(const PoolGeometry& geometry, int images, std::span<const Real> x,
                             std::span<const Real> dy, std::span<Real> dx) {
  std::fill(dx.begin(), dx.end(), Real{0});
  for_each_window(geometry, images, [&](std::size_t out, const std::vector<std::size_t>& window) {
    if (geometry.kind == PoolKind::max) {
      dx[first_maximum(x, window)] += dy[out];
    } else {
      for (const std::size_t in : window) dx[in] += dy[out] / static_cast<Real>(window.size());
    }
  });
}

template void pool_reference(const PoolGeometry&, int, std::span<const float>, std::span<float>);
template void pool_reference(const PoolGeometry&, int, std::span<const double>, std::span<double>);
template void pool_backward_reference(const PoolGeometry&, int, std::span<const float>,
                                      std::span<const float>, std::span<float>);
template void pool_backward_reference(const PoolGeometry&, int, std::span<const double>,
                                      std::span<const double>, std::span<double>);

}  // namespace ftl::kernels
