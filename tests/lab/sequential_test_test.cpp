#include "lab/sequential_test.hpp"

#include <gtest/gtest.h>

#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace ftl::lab {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The integral of the noncentral t density over the prior, over the central one, by SciPy 1.17.1's
// integrate.quad.
TEST(SequentialTest, BayesFactorAsTheIntegralItSolves) {
  EXPECT_NEAR(bayes_factor(5, 2.5), 2.406017139617179, 1e-8);
  EXPECT_NEAR(bayes_factor(10, 3.2), 8.229699248901815, 1e-8);
  EXPECT_NEAR(bayes_factor(20, 0), 0.21821789023599247, 1e-8);
  EXPECT_NEAR(bayes_factor(3, -1), 0.7698003589194965, 1e-8);
}

TEST(SequentialTest, EqualDifferencesAreNoProofByThemselves) {
  EXPECT_NEAR(bayes_factor(2, kInfinity), std::sqrt(3.0), 1e-12);
  EXPECT_NEAR(bayes_factor(2, 1e9), std::sqrt(3.0), 1e-9);
  EXPECT_GT(bayes_factor(10, kInfinity), 1000);
}

TEST(SequentialTest, TakesBackNothing) {
  const std::vector<double> first{1, 1.1, 0.9, 1, 1.2, 1, -5, 4};
  const std::vector<double> zeros(first.size(), 0.0);
  const double decided = always_valid_p_value(std::span(first).first(6), std::span(zeros).first(6));
  EXPECT_LT(decided, 0.05);
  EXPECT_LE(always_valid_p_value(first, zeros), decided);
  EXPECT_EQ(always_valid_p_value(std::span(first).first(1), std::span(zeros).first(1)), 1);
}

// Comparisons of up to 50 pairs, looked at after every pair from the second on; how many are called decided.
int decided_of_1000(double effect, double p_value, unsigned seed) {
  constexpr std::size_t kPairs = 50;
  std::mt19937_64 random(seed);
  std::normal_distribution<double> noise(0, 0.002);
  int decided = 0;
  for (int comparison = 0; comparison < 1000; ++comparison) {
    std::vector<double> first, second;
    for (std::size_t pair = 0; pair < kPairs; ++pair) {
      first.push_back(0.94 + noise(random) + effect * 0.002 * std::sqrt(2.0));
      second.push_back(0.94 + noise(random));
    }
    if (always_valid_p_value(first, second) <= p_value) ++decided;
  }
  return decided;
}

class UnderTheNullHypothesis : public testing::TestWithParam<double> {};

TEST_P(UnderTheNullHypothesis, ErrsNoMoreOftenThanPromised) {
  const double p_value = GetParam();
  // A rule that errs just as often as promised would exceed this in one of 10,000 tests.
  const double most = boost::math::quantile(boost::math::binomial(1000, p_value), 1 - 1e-4);
  EXPECT_LE(decided_of_1000(0, p_value, 1), most);
}

INSTANTIATE_TEST_SUITE_P(At, UnderTheNullHypothesis, testing::Values(0.2, 0.05, 0.01));

TEST(SequentialTest, FindsATrueDifferenceOfOneDeviation) {
  EXPECT_GE(decided_of_1000(1, 0.01, 2), 950);
}

TEST(SequentialTest, PairsToStopIsTheFirstNumberThatStops) {
  const int pairs = pairs_to_stop(1, 0.01);
  EXPECT_GE(bayes_factor(pairs, std::sqrt(pairs)), 100);
  EXPECT_LT(bayes_factor(pairs - 1, std::sqrt(pairs - 1)), 100);
  EXPECT_EQ(pairs_to_stop(-1, 0.01), pairs);
}

}  // namespace
}  // namespace ftl::lab
