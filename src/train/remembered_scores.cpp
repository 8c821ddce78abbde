#include "train/remembered_scores.hpp"

#include <algorithm>
#include <numeric>

namespace ftl::train {
namespace {

// So that no picture is forgotten for good, whatever the network once thought of it.
constexpr double kLeastWeight = 0.1;

// min(1, factor * weight) of each, with the factor for which they sum to `count`, or to hardly more.
std::vector<double> probabilities(std::vector<double> weights, std::int64_t count) {
  const auto expected = [&](double factor) {
    double sum = 0;
    for (const double weight : weights) sum += std::min(1.0, factor * weight);
    return sum;
  };
  double too_small = 0;
  double enough = 1 / kLeastWeight;  // takes every picture
  constexpr int kHalvings = 50;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (too_small + enough) / 2;
    (expected(middle) < static_cast<double>(count) ? too_small : enough) = middle;
  }
  for (double& weight : weights) weight = std::min(1.0, enough * weight);
  return weights;
}

}  // namespace

RememberedScores::RememberedScores(std::int64_t pictures)
    : values_(static_cast<std::size_t>(pictures), 1), times_(static_cast<std::size_t>(pictures), 0) {}

void RememberedScores::remember(std::span<const std::int32_t> pictures, std::span<const float> scores) {
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const auto picture = static_cast<std::size_t>(pictures[i]);
    values_[picture] = scores[i];
    ++times_[picture];
  }
}

std::vector<double> RememberedScores::shares(std::span<const std::int32_t> pictures,
                                             std::int64_t count) const {
  std::vector<double> weights;
  weights.reserve(pictures.size());
  for (const std::int32_t picture : pictures)
    weights.push_back(kLeastWeight + static_cast<double>(values_[static_cast<std::size_t>(picture)]));
  return probabilities(std::move(weights), count);
}

std::vector<std::int32_t> RememberedScores::draw(std::span<const std::int32_t> pictures, std::int64_t count,
                                                 Random random) const {
  const std::vector<double> shares = this->shares(pictures, count);
  double total = 0;
  for (const double share : shares) total += share;
  // Marks at equal distances, at least 1, along the shares laid end to end: a share holds at most one.
  const double distance = total / static_cast<double>(count);
  double mark = static_cast<double>(random.uniform()) * distance;
  std::vector<std::int32_t> drawn;
  double end = 0;
  for (std::size_t i = 0; i < shares.size() && std::ssize(drawn) < count; ++i) {
    end += shares[i];
    if (end <= mark) continue;
    drawn.push_back(static_cast<std::int32_t>(i));
    mark += distance;
  }
  return drawn;
}

RememberedScores::Sample RememberedScores::sample(std::int64_t count, Random random) const {
  std::vector<std::int32_t> all(values_.size());
  std::iota(all.begin(), all.end(), 0);
  const std::vector<double> shares = this->shares(all, count);
  Sample sample{.pictures = draw(all, count, random), .weights = {}};
  for (const std::int32_t picture : sample.pictures)
    sample.weights.push_back(1 / shares[static_cast<std::size_t>(picture)]);
  return sample;
}

}  // namespace ftl::train
