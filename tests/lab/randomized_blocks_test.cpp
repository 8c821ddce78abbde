#include "lab/randomized_blocks.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace ftl::lab {
namespace {

// Hardness by four tips (rows) on four coupons: D. C. Montgomery, "Design and Analysis of Experiments",
// section on the randomized complete block design, coded data. The book's analysis of variance: error 8.00
// with 9 degrees of freedom.
const std::vector<std::vector<double>> kTips{{-2, -1, 1, 5}, {-1, -2, 3, 4}, {-3, -1, 0, 2}, {2, 1, 5, 7}};

TEST(RandomizedBlocks, NoiseIsThatOfTheTextbook) {
  const ResidualNoise noise = residual_noise(kTips);
  EXPECT_EQ(noise.degrees_of_freedom, 9);
  EXPECT_NEAR(noise.std, std::sqrt(8.0 / 9), 1e-12);
}

TEST(RandomizedBlocks, DifferencesHaveFishersLeastSignificantDifference) {
  const Difference difference = difference_with_noise(kTips[3], kTips[2], residual_noise(kTips));
  EXPECT_EQ(difference.mean, 4.25);
  EXPECT_NEAR(difference.ci95, 2.262 * std::sqrt(2 * (8.0 / 9) / 4), 1e-3) << "t(0.975, 9) = 2.262";
}

TEST(RandomizedBlocks, SayNothingOfASingleColumn) {
  const std::vector<std::vector<double>> rows{{1}, {2}};
  const Difference difference = difference_with_noise(rows[1], rows[0], residual_noise(rows));
  EXPECT_EQ(difference.mean, 1);
  EXPECT_TRUE(std::isnan(difference.ci95));
}

}  // namespace
}  // namespace ftl::lab
