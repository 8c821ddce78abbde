#include "lab/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "lab/distributions.hpp"

namespace ftl::lab {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

double sample_deviation(std::span<const double> values, double mean) {
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

}  // namespace

Sample describe(std::span<const double> values) {
  Sample sample{{values.begin(), values.end()}, kUnknown, kUnknown, kUnknown};
  const auto count = static_cast<double>(values.size());
  if (values.empty()) return sample;
  sample.mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  if (values.size() < 2) return sample;
  sample.std = sample_deviation(values, sample.mean);
  sample.ci95 = StudentsT{count - 1}.quantile(0.975) * sample.std / std::sqrt(count);
  return sample;
}

Median median(std::span<const double> values) {
  if (values.empty()) return {kUnknown, kUnknown, kUnknown};
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  const std::size_t count = sorted.size();
  Median result{(sorted[(count - 1) / 2] + sorted[count / 2]) / 2, kUnknown, kUnknown};
  // So many of the smallest values, and of the largest, may be left out.
  std::size_t outside = 0;
  while (at_most_heads(static_cast<double>(outside), static_cast<double>(count)) <= 0.025) ++outside;
  if (outside == 0) return result;
  result.low = sorted[outside - 1];
  result.high = sorted[count - outside];
  return result;
}

double p_value_mean_above(const Sample& sample, double target) {
  if (sample.values.size() < 2) return kUnknown;
  if (sample.std == 0) return sample.mean > target ? 0 : 1;
  const auto count = static_cast<double>(sample.values.size());
  const double t = (sample.mean - target) / (sample.std / std::sqrt(count));
  return StudentsT{count - 1}.above(t);
}

}  // namespace ftl::lab
