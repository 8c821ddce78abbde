#include "lab/hypothesis_tests.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "lab/distributions.hpp"
#include "lab/statistics.hpp"

namespace ftl::lab {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
// An effect that two pairs decide. Values that are equal but for rounding give far larger ones, at which the
// noncentral t distribution cannot be computed.
constexpr double kCertain = 1e4;

}  // namespace

Difference t_test(double mean, double standard_error, double degrees_of_freedom) {
  if (std::isnan(mean) || std::isnan(standard_error)) return {mean, kUnknown, kUnknown, kUnknown, kUnknown};
  if (standard_error == 0) {
    const double t = mean == 0 ? 0 : std::copysign(std::numeric_limits<double>::infinity(), mean);
    return {mean, 0, mean == 0 ? 1.0 : 0.0, t, degrees_of_freedom};
  }
  const StudentsT distribution{degrees_of_freedom};
  const double t = mean / standard_error;
  return {mean, distribution.quantile(0.975) * standard_error, 2 * distribution.above(std::abs(t)), t,
          degrees_of_freedom};
}

Difference paired_difference(std::span<const double> first, std::span<const double> second) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < first.size(); ++i) differences.push_back(first[i] - second[i]);
  const Sample sample = describe(differences);
  const auto count = static_cast<double>(differences.size());
  return t_test(sample.mean, sample.std / std::sqrt(count), count - 1);
}

Difference welch_difference(std::span<const double> first, std::span<const double> second) {
  const Sample a = describe(first);
  const Sample b = describe(second);
  const double mean = a.mean - b.mean;
  if (first.size() < 2 || second.size() < 2) return {mean, kUnknown, kUnknown, kUnknown, kUnknown};
  const auto a_count = static_cast<double>(first.size());
  const auto b_count = static_cast<double>(second.size());
  const double a_variance = a.std * a.std / a_count;  // of the mean
  const double b_variance = b.std * b.std / b_count;
  const double variance = a_variance + b_variance;
  if (variance == 0) return t_test(mean, 0, a_count + b_count - 2);
  const double degrees_of_freedom =
      variance * variance /
      (a_variance * a_variance / (a_count - 1) + b_variance * b_variance / (b_count - 1));
  return t_test(mean, std::sqrt(variance), degrees_of_freedom);
}

double paired_power(int pairs, double effect, double p_value) {
  const double degrees_of_freedom = pairs - 1;
  const double critical = StudentsT{degrees_of_freedom}.upper_quantile(p_value / 2);
  const NoncentralT distribution{degrees_of_freedom, effect * std::sqrt(pairs)};
  return distribution.below(-critical) + distribution.above(critical);
}

int pairs_to_decide(double effect, const Decision& decision) {
  const auto decides = [&](int pairs) {
    return paired_power(pairs, std::abs(effect), decision.p_value) >= decision.power;
  };
  // With ever more pairs the noncentrality nears z(1 - p/2) + z(power), at least z(power) here: below this
  // effect no allowed number of pairs is enough.
  const double smallest = 1 / std::sqrt(static_cast<double>(kUndecidable));
  if (!(std::abs(effect) > smallest)) return kUndecidable;
  if (std::abs(effect) > kCertain) return 2;
  int too_few = 1;
  int enough = 2;
  while (!decides(enough)) {
    if (enough >= kUndecidable) return kUndecidable;
    too_few = enough;
    enough = std::min(2 * enough, kUndecidable);
  }
  while (enough - too_few > 1) {
    const int middle = too_few + (enough - too_few) / 2;
    (decides(middle) ? enough : too_few) = middle;
  }
  return enough;
}

}  // namespace ftl::lab
