#include "lab/power_law.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace ftl::lab {
namespace {

std::vector<PowerLawPoint> points_of(const PowerLaw& law, const std::vector<double>& spent) {
  std::vector<PowerLawPoint> points;
  for (const double s : spent) points.push_back({s, law.error_at(s)});
  return points;
}

TEST(PowerLaw, FindsTheLawThatThePointsFollow) {
  for (const double exponent : {0.3, 0.5, 1.2}) {
    const PowerLaw truth{.floor = 0.05, .scale = 0.3, .exponent = exponent};
    const PowerLaw found = fit_power_law(points_of(truth, {1, 2, 5, 10, 40}));
    EXPECT_NEAR(found.floor, 0.05, 1e-5);
    EXPECT_NEAR(found.scale, 0.3, 1e-5);
    EXPECT_NEAR(found.exponent, exponent, 1e-4);
    EXPECT_LT(found.residual, 1e-7);
    EXPECT_EQ(found.points, 5);
  }
}

TEST(PowerLaw, WorksInFloatingPointOperations) {
  const PowerLaw truth{.floor = 0.05, .scale = 0.2 * std::pow(1e15, 0.4), .exponent = 0.4};
  const PowerLaw found = fit_power_law(points_of(truth, {1e14, 2e14, 1e15, 8e15}));
  EXPECT_NEAR(found.error_at(4e14), truth.error_at(4e14), 1e-7);
  EXPECT_NEAR(found.exponent, 0.4, 1e-4);
}

TEST(PowerLaw, KeepsFloorAndScaleAboveZero) {
  // A floor below 0 would fit a straight line best; a rising error, a negative scale.
  const PowerLaw steep = fit_power_law(std::vector<PowerLawPoint>{{1, 0.9}, {2, 0.5}, {3, 0.1}});
  EXPECT_GE(steep.floor, 0);
  const PowerLaw rising = fit_power_law(std::vector<PowerLawPoint>{{1, 0.1}, {2, 0.2}, {3, 0.3}});
  EXPECT_EQ(rising.scale, 0);
  EXPECT_NEAR(rising.floor, (1 / 0.1 + 1 / 0.2 + 1 / 0.3) / (1 / 0.01 + 1 / 0.04 + 1 / 0.09), 1e-12);
}

TEST(PowerLaw, IsTheLeastOfSquaresUnderNoise) {
  const std::vector<PowerLawPoint> noisy{{1, 0.351}, {2, 0.262}, {4, 0.199}, {8, 0.156}, {16, 0.124}};
  const PowerLaw found = fit_power_law(noisy);
  const auto residual = [&](const PowerLaw& law) {
    double squares = 0;
    for (const PowerLawPoint& point : noisy) {
      squares += std::pow(law.error_at(point.spent) / point.error - 1, 2);
    }
    return std::sqrt(squares / 5);
  };
  EXPECT_NEAR(found.residual, residual(found), 1e-12);
  for (const double change : {0.999, 1.001}) {
    PowerLaw other = found;
    other.floor *= change;
    EXPECT_GE(residual(other), found.residual);
    other = found;
    other.scale *= change;
    EXPECT_GE(residual(other), found.residual);
    other = found;
    other.exponent *= change;
    EXPECT_GE(residual(other), found.residual);
  }
}

}  // namespace
}  // namespace ftl::lab
