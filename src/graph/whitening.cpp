#include "graph/whitening.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

namespace ftl::graph {
namespace {

constexpr int kChannels = 3;
constexpr int kPicturesAtATime = 500;

// First and second moments of the patches.
struct Moments {
  explicit Moments(int size)
      : sum(Eigen::VectorXd::Zero(size)), products(Eigen::MatrixXd::Zero(size, size)) {}

  Eigen::VectorXd sum;
  Eigen::MatrixXd products;
  double count = 0;
};

// A picture's patches as the columns of a matrix, in the order [y][x][channel].
void gather_patches(const bf16* picture, int height, int width, int kernel, Eigen::MatrixXd& patches) {
  int column = 0;
  for (int y = 0; y + kernel <= height; ++y) {
    for (int x = 0; x + kernel <= width; ++x, ++column) {
      for (int ky = 0; ky < kernel; ++ky) {
        const bf16* row = picture + ((y + ky) * width + x) * kChannels;
        for (int i = 0; i < kernel * kChannels; ++i)
          patches(ky * kernel * kChannels + i, column) = to_float(row[i]);
      }
    }
  }
}

void add_pictures(const bf16* pictures, int count, const WhiteningSource& source, int kernel,
                  Moments& moments) {
  const int positions = (source.height - kernel + 1) * (source.width - kernel + 1);
  Eigen::MatrixXd patches(kernel * kernel * kChannels, positions);
  for (int i = 0; i < count; ++i) {
    gather_patches(pictures + std::int64_t{i} * source.height * source.width * kChannels, source.height,
                   source.width, kernel, patches);
    moments.sum += patches.rowwise().sum();
    moments.products.noalias() += patches * patches.transpose();
    moments.count += positions;
  }
}

Eigen::MatrixXd covariance(const Moments& moments) {
  const Eigen::VectorXd mean = moments.sum / moments.count;
  return moments.products / moments.count - mean * mean.transpose();
}

}  // namespace

std::vector<float> whitening_filters(const WhiteningDescription& description, const WhiteningSource& source) {
  const int size = description.kernel * description.kernel * kChannels;
  const std::int64_t images =
      description.images == 0 ? source.images : std::min<std::int64_t>(description.images, source.images);
  Moments moments(size);
  std::vector<bf16> pictures(static_cast<std::size_t>(kPicturesAtATime) *
                             static_cast<std::size_t>(source.height) *
                             static_cast<std::size_t>(source.width) * kChannels);
  std::vector<std::int32_t> indices;
  for (std::int64_t first = 0; first < images; first += kPicturesAtATime) {
    indices.clear();
    for (std::int64_t i = first; i < std::min(images, first + kPicturesAtATime); ++i) {
      indices.push_back(static_cast<std::int32_t>(i * source.images / images));
    }
    source.fill(indices, pictures.data());
    add_pictures(pictures.data(), static_cast<int>(indices.size()), source, description.kernel, moments);
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance(moments));
  const int filters = description.negatives ? 2 * size : size;
  std::vector<float> values;
  for (int filter = 0; filter < filters; ++filter) {
    const int index = size - 1 - filter % size;  // the solver sorts by rising eigenvalue
    const double sign = filter < size ? 1.0 : -1.0;
    const double scale = sign / std::sqrt(std::max(solver.eigenvalues()[index], 0.0) + description.eps);
    for (int i = 0; i < size; ++i)
      values.push_back(static_cast<float>(solver.eigenvectors()(i, index) * scale));
  }
  return values;
}

}  // namespace ftl::graph
