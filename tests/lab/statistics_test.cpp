#include "lab/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace ftl::lab {
namespace {

TEST(Statistics, MeanDeviationAndIntervalOfThree) {
  const double values[] = {1, 2, 6};
  const Sample sample = describe(values);
  EXPECT_DOUBLE_EQ(sample.mean, 3);
  EXPECT_DOUBLE_EQ(sample.std, std::sqrt(7.0));  // (4 + 1 + 9) / 2
  // t(0.975, 2 degrees of freedom) = 4.30265273
  EXPECT_NEAR(sample.ci95, 4.30265273 * std::sqrt(7.0 / 3), 1e-7);
  EXPECT_EQ(sample.values, std::vector<double>({1, 2, 6}));
}

TEST(Statistics, IntervalOfTenUsesNineDegreesOfFreedom) {
  const double values[] = {0, 1, 0, 1, 0, 1, 0, 1, 0, 1};
  const Sample sample = describe(values);
  EXPECT_NEAR(sample.std, std::sqrt(2.5 / 9), 1e-12);
  EXPECT_NEAR(sample.ci95, 2.26215716 * sample.std / std::sqrt(10.0), 1e-8);
}

TEST(Statistics, OneValueHasNoDeviation) {
  const double values[] = {0.94};
  const Sample sample = describe(values);
  EXPECT_DOUBLE_EQ(sample.mean, 0.94);
  EXPECT_TRUE(std::isnan(sample.std));
  EXPECT_TRUE(std::isnan(sample.ci95));
}

TEST(Statistics, NoValueHasNoMean) {
  EXPECT_TRUE(std::isnan(describe({}).mean));
}

TEST(Statistics, MedianOfManyHasAnInterval) {
  // P(at most 5 of 20 below the median) = 0.0207, of 6: 0.0577.
  const std::vector<double> values{7, 3, 12, 1, 20, 15, 8, 2, 17, 10, 5, 19, 4, 14, 9, 6, 18, 11, 13, 16};
  const Median result = median(values);
  EXPECT_EQ(result.value, 10.5);
  EXPECT_EQ(result.low, 6);
  EXPECT_EQ(result.high, 15);
}

TEST(Statistics, MedianOfFewHasNone) {
  const double values[] = {3, 100, 1};
  const Median result = median(values);
  EXPECT_EQ(result.value, 3);
  EXPECT_TRUE(std::isnan(result.low));
  EXPECT_TRUE(std::isnan(result.high));
  EXPECT_TRUE(std::isnan(median({}).value));
}

TEST(Statistics, OneSidedTest) {
  const double values[] = {1, 2, 6};
  const Sample sample = describe(values);
  EXPECT_NEAR(p_value_mean_above(sample, 3), 0.5, 1e-12);
  // t(0.95, 2 degrees of freedom) = 2.91998558
  const double error = std::sqrt(7.0 / 3);
  EXPECT_NEAR(p_value_mean_above(sample, 3 - 2.91998558 * error), 0.05, 1e-8);
  EXPECT_NEAR(p_value_mean_above(sample, 3 + 2.91998558 * error), 0.95, 1e-8);
}

TEST(Statistics, OneSidedTestOfEqualOrTooFewValues) {
  const double equal[] = {0.5, 0.5};
  EXPECT_EQ(p_value_mean_above(describe(equal), 0.4), 0);
  EXPECT_EQ(p_value_mean_above(describe(equal), 0.5), 1);
  EXPECT_TRUE(std::isnan(p_value_mean_above(describe(std::span(equal, 1)), 0.4)));
}

}  // namespace
}  // namespace ftl::lab
