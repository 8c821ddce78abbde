// Expected values are SciPy 1.17.1's: stats.ttest_rel, stats.ttest_ind(equal_var=False), stats.nct.
#include "lab/hypothesis_tests.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace ftl::lab {
namespace {

const double kFirst[] = {0.9412, 0.9398, 0.9405, 0.9421, 0.9390, 0.9410};
const double kSecond[] = {0.9401, 0.9392, 0.9399, 0.9402, 0.9395, 0.9396};

TEST(HypothesisTests, PairedAsSciPy) {
  const Difference difference = paired_difference(kFirst, kSecond);
  EXPECT_NEAR(difference.mean, 0.00085, 1e-15);
  EXPECT_NEAR(difference.t, 2.5193250159260145, 1e-9);
  EXPECT_NEAR(difference.p_value, 0.05321848732553769, 1e-10);
  EXPECT_NEAR(difference.low(), -1.7293638763690852e-05, 1e-12);
  EXPECT_NEAR(difference.high(), 0.0017172936387636517, 1e-12);
}

TEST(HypothesisTests, WelchAsSciPy) {
  const Difference difference = welch_difference(kFirst, kSecond);
  EXPECT_NEAR(difference.t, 1.7966213015725054, 1e-9);
  EXPECT_NEAR(difference.degrees_of_freedom, 6.210805599077102, 1e-8);
  EXPECT_NEAR(difference.p_value, 0.12084907519668217, 1e-10);
  EXPECT_NEAR(difference.low(), -0.0002982008027519517, 1e-12);
  EXPECT_NEAR(difference.high(), 0.0019982008027515426, 1e-12);
}

TEST(HypothesisTests, TheOtherWayRoundChangesTheSign) {
  EXPECT_DOUBLE_EQ(paired_difference(kSecond, kFirst).t, -paired_difference(kFirst, kSecond).t);
  EXPECT_DOUBLE_EQ(paired_difference(kSecond, kFirst).p_value, paired_difference(kFirst, kSecond).p_value);
}

TEST(HypothesisTests, OnePairTellsADifferenceOnly) {
  for (const auto test : {paired_difference, welch_difference}) {
    const Difference difference = test(std::span(kFirst, 1), std::span(kSecond, 1));
    EXPECT_NEAR(difference.mean, 0.0011, 1e-12);
    EXPECT_TRUE(std::isnan(difference.p_value));
    EXPECT_TRUE(std::isnan(difference.ci95));
  }
}

TEST(HypothesisTests, ValuesThatDoNotVary) {
  const std::vector<double> ones{1, 1, 1};
  const std::vector<double> twos{2, 2, 2};
  for (const auto test : {paired_difference, welch_difference}) {
    EXPECT_EQ(test(ones, ones).p_value, 1);
    EXPECT_EQ(test(ones, twos).p_value, 0);
    EXPECT_EQ(test(ones, twos).mean, -1);
  }
}

TEST(HypothesisTests, PowerAsSciPy) {
  EXPECT_NEAR(paired_power(10, 1, 0.05), 0.8030968566327219, 1e-8);
  EXPECT_NEAR(paired_power(33, 0.5, 0.05), 0.7953658414875041, 1e-8);
  EXPECT_NEAR(paired_power(5, 2, 0.01), 0.5471761892938513, 1e-8);
}

TEST(HypothesisTests, PairsToDecideAsSciPy) {
  EXPECT_EQ(pairs_to_decide(0.5, {.p_value = 0.05, .power = 0.8}), 34);
  EXPECT_EQ(pairs_to_decide(-1, {.p_value = 0.05, .power = 0.8}), 10);
  EXPECT_EQ(pairs_to_decide(1, {.p_value = 0.01, .power = 0.9}), 19);
  EXPECT_EQ(pairs_to_decide(0.1, {.p_value = 0.05, .power = 0.8}), 787);
}

TEST(HypothesisTests, NothingDecidesADifferenceOfNothing) {
  EXPECT_EQ(pairs_to_decide(0, {}), kUndecidable);
  EXPECT_EQ(pairs_to_decide(std::nan(""), {}), kUndecidable);
  EXPECT_EQ(pairs_to_decide(1e-9, {}), kUndecidable);
}

}  // namespace
}  // namespace ftl::lab
