#include "graph/whitening.hpp"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>

#include "graph/graph_test_support.hpp"

namespace ftl::graph {
namespace {

constexpr int kKernel = 2;
constexpr int kPatch = kKernel * kKernel * 3;

using Patch = Eigen::Matrix<double, kPatch, 1>;

// Pictures of one patch each, so that patches are what is drawn: `draw` gives the patch of a picture.
WhiteningSource patches_of(std::int64_t count, std::function<Patch(std::int64_t)> draw) {
  return {count, kKernel, kKernel, [draw](std::span<const std::int32_t> indices, bf16* pictures) {
            for (std::size_t i = 0; i < indices.size(); ++i) {
              const Patch patch = draw(indices[i]);
              for (int k = 0; k < kPatch; ++k) *pictures++ = to_bf16(static_cast<float>(patch(k)));
            }
          }};
}

Patch noise(std::int64_t picture) {
  Random random(4, RandomPurpose::test, static_cast<std::uint32_t>(picture));
  Patch values;
  for (int k = 0; k < kPatch; ++k) values(k) = random.normal();
  return values;
}

// A fixed linear mix of independent noise around a mean.
Patch mixed(std::int64_t picture) {
  Random random(5, RandomPurpose::test);
  Eigen::Matrix<double, kPatch, kPatch> mix;
  for (int i = 0; i < kPatch * kPatch; ++i) mix(i) = random.uniform(-1, 1);
  return mix * noise(picture) + Patch::Constant(0.7);
}

Eigen::MatrixXd filter_matrix(const std::vector<float>& filters) {
  return Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, kPatch, Eigen::RowMajor>>(
             filters.data(), static_cast<Eigen::Index>(filters.size()) / kPatch, kPatch)
      .cast<double>();
}

Eigen::MatrixXd response_covariance(const std::vector<float>& filters, std::int64_t count,
                                    const std::function<Patch(std::int64_t)>& draw) {
  const Eigen::MatrixXd rows = filter_matrix(filters);
  Eigen::MatrixXd responses(rows.rows(), count);
  for (std::int64_t i = 0; i < count; ++i) {
    const Patch patch = draw(i).unaryExpr([](double v) { return double{kernels::test::rounded(float(v))}; });
    responses.col(i) = rows * patch;
  }
  const Eigen::MatrixXd centred = responses.colwise() - responses.rowwise().mean();
  return centred * centred.transpose() / static_cast<double>(count);
}

TEST(Whitening, MakesPatchesUncorrelatedWithVarianceOne) {
  const WhiteningDescription description{.kernel = kKernel, .eps = 1e-9, .images = 0};
  const auto filters = whitening_filters(description, patches_of(1300, mixed));
  ASSERT_EQ(filters.size(), static_cast<std::size_t>(kPatch * kPatch));
  const Eigen::MatrixXd covariance = response_covariance(filters, 1300, mixed);
  EXPECT_LT((covariance - Eigen::MatrixXd::Identity(kPatch, kPatch)).cwiseAbs().maxCoeff(), 1e-3)
      << covariance;
}

TEST(Whitening, EstimatesFromEvenlySpacedImages) {
  const WhiteningDescription description{.kernel = kKernel, .eps = 1e-9, .images = 600};
  const auto filters = whitening_filters(description, patches_of(1800, mixed));
  const auto every_third = [](std::int64_t picture) { return mixed(3 * picture); };
  EXPECT_EQ(filters,
            whitening_filters({.kernel = kKernel, .eps = 1e-9, .images = 0}, patches_of(600, every_third)));
  EXPECT_NE(filters,
            whitening_filters({.kernel = kKernel, .eps = 1e-9, .images = 0}, patches_of(1800, mixed)));
}

// Independent elements of variance 4^k / 4^11: eigenvectors are axes, eigenvalues known but for chance.
Patch scaled(std::int64_t picture) {
  Patch values = Patch::Zero();
  const auto axis = static_cast<int>(picture / 2 % kPatch);
  values(axis) = (picture % 2 == 0 ? 1.0 : -1.0) * std::ldexp(1.0, axis - kPatch + 1);
  return values;
}

TEST(Whitening, OrdersByFallingEigenvalueAndDampsSmallOnesByEps) {
  const double eps = 1e-3;
  const WhiteningDescription description{.kernel = kKernel, .eps = eps, .images = 0};
  const Eigen::MatrixXd filters =
      filter_matrix(whitening_filters(description, patches_of(2 * kPatch, scaled)));
  for (int f = 0; f < kPatch; ++f) {
    const int axis = kPatch - 1 - f;
    const double eigenvalue = std::ldexp(1.0, -2 * f) / kPatch;
    EXPECT_NEAR(std::abs(filters(f, axis)), 1 / std::sqrt(eigenvalue + eps), 1e-4);
    EXPECT_NEAR(filters.row(f).norm(), 1 / std::sqrt(eigenvalue + eps), 1e-4);
  }
}

TEST(Whitening, NegativesFollowTheFiltersExactly) {
  const auto filters =
      whitening_filters({.kernel = kKernel, .negatives = true, .images = 0}, patches_of(700, mixed));
  const std::size_t half = filters.size() / 2;
  ASSERT_EQ(half, static_cast<std::size_t>(kPatch * kPatch));
  for (std::size_t i = 0; i < half; ++i) ASSERT_EQ(filters[half + i], -filters[i]);
}

TEST(Whitening, WhitensWhatTheNetworkConvolves) {
  // Through the graph's own patches: the order of a filter's elements is the patches'.
  const Graph graph = build_graph({.layers = {test::whiten(false, false)}}, {kKernel, kKernel, kPatch});
  engine::ReferenceModel<double> model(initialise(graph, 1));
  const auto filters =
      whitening_filters({.kernel = kKernel, .eps = 1e-9, .images = 0}, patches_of(700, mixed));
  model.parameters[static_cast<std::size_t>(graph.whitening_parameter)] = {filters.begin(), filters.end()};
  engine::ReferenceBatch<double> batch{.images = 700};
  for (int i = 0; i < 700; ++i) {
    const Patch patch = mixed(i);
    for (int k = 0; k < kPatch; ++k)
      batch.pictures.push_back(double{kernels::test::rounded(float(patch(k)))});
  }
  const auto outputs = engine::ReferenceNetwork<double>(graph, model).infer(batch);
  const Eigen::MatrixXd responses = Eigen::Map<const Eigen::MatrixXd>(outputs.data(), kPatch, 700);
  const Eigen::MatrixXd centred = responses.colwise() - responses.rowwise().mean();
  const Eigen::MatrixXd covariance = centred * centred.transpose() / 700;
  EXPECT_LT((covariance - Eigen::MatrixXd::Identity(kPatch, kPatch)).cwiseAbs().maxCoeff(), 1e-3);
}

}  // namespace
}  // namespace ftl::graph
