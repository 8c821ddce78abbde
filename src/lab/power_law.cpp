#include "lab/power_law.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace ftl::lab {
namespace {

struct Line {
  double intercept = 0;
  double slope = 0;
};

// Of a share of the error; none counts as less than a thousandth, so that a 0 does not outweigh all others.
double weight_of(const PowerLawPoint& point) {
  const double error = std::max(point.error, 1e-3);
  return 1 / (error * error);
}

// Weighted least squares of y = intercept + slope * x with neither below 0. Where the free optimum is
// outside, the best point of the bounds is the better of the two edges, for the problem is convex.
Line non_negative_line(const std::vector<double>& x, std::span<const PowerLawPoint> points) {
  double sum = 0, sum_x = 0, sum_y = 0, sum_xx = 0, sum_xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double weight = weight_of(points[i]);
    sum += weight;
    sum_x += weight * x[i];
    sum_y += weight * points[i].error;
    sum_xx += weight * x[i] * x[i];
    sum_xy += weight * x[i] * points[i].error;
  }
  const double slope = (sum * sum_xy - sum_x * sum_y) / (sum * sum_xx - sum_x * sum_x);
  const double intercept = (sum_y - slope * sum_x) / sum;
  if (slope < 0) return {sum_y / sum, 0};
  if (intercept < 0) return {0, sum_xy / sum_xx};
  return {intercept, slope};
}

// The points in units of the largest `spent`, so that its powers stay near 1.
class Fit {
 public:
  explicit Fit(std::span<const PowerLawPoint> points) : points_(points) {
    for (const PowerLawPoint& point : points) unit_ = std::max(unit_, point.spent);
  }

  PowerLaw with(double exponent) const {
    std::vector<double> x;
    for (const PowerLawPoint& point : points_) x.push_back(std::pow(point.spent / unit_, -exponent));
    const Line line = non_negative_line(x, points_);
    double squares = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double deviation = line.intercept + line.slope * x[i] - points_[i].error;
      squares += weight_of(points_[i]) * deviation * deviation;
    }
    return {.floor = line.intercept,
            .scale = line.slope * std::pow(unit_, exponent),
            .exponent = exponent,
            .residual = std::sqrt(squares / static_cast<double>(x.size())),
            .points = static_cast<int>(x.size())};
  }

 private:
  std::span<const PowerLawPoint> points_;
  double unit_ = 0;
};

}  // namespace

double PowerLaw::error_at(double spent) const {
  return floor + scale * std::pow(spent, -exponent);
}

PowerLaw fit_power_law(std::span<const PowerLawPoint> points) {
  constexpr int kGrid = 100;
  constexpr int kRounds = 6;
  const Fit fit(points);
  double low = std::log(kSmallestExponent);
  double high = std::log(kLargestExponent);
  PowerLaw best = fit.with(std::exp(low));
  for (int round = 0; round < kRounds; ++round) {
    const double step = (high - low) / kGrid;
    for (int i = 1; i <= kGrid; ++i) {
      const PowerLaw law = fit.with(std::exp(low + i * step));
      if (law.residual < best.residual) best = law;
    }
    low = std::max(std::log(best.exponent) - step, std::log(kSmallestExponent));
    high = std::min(std::log(best.exponent) + step, std::log(kLargestExponent));
  }
  return best;
}

}  // namespace ftl::lab
