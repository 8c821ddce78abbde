#include "lab/comparison.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "support/temporary_folder.hpp"

namespace ftl::lab {
namespace {

train::RunResult run(std::uint64_t seed, double accuracy, double seconds = 1) {
  train::RunResult result;
  result.seed = seed;
  result.accuracy = accuracy;
  result.seconds.train = seconds;
  return result;
}

TEST(Comparison, PairsRunsBySeed) {
  const Contestant first{"a", {run(0, 0.90, 3), run(1, 0.92, 5), run(2, 0.97)}};
  const Contestant second{"b", {run(1, 0.91, 2), run(0, 0.89, 1), run(7, 0.1)}};
  const Comparison comparison = compare(first, second);
  EXPECT_EQ(comparison.pairs, 2);
  EXPECT_NEAR(comparison.accuracy.mean, 0.01, 1e-12);
  EXPECT_NEAR(comparison.train_seconds.mean, 2.5, 1e-12);
}

TEST(Comparison, LeavesOutPairsOfWhichOneFailed) {
  Contestant first{"a", {run(0, 0.9), run(1, 0.9), run(2, 0.9)}};
  const Contestant second{"b", {run(0, 0.8), run(1, 0.7), run(2, 0.6)}};
  first.runs[1].failed = true;
  const Comparison comparison = compare(first, second);
  EXPECT_EQ(comparison.pairs, 2);
  EXPECT_EQ(comparison.first.failed, 1);
  EXPECT_NEAR(comparison.accuracy.mean, 0.2, 1e-12);
}

TEST(Comparison, WithoutCommonSeedsThereIsWelchsTestOnly) {
  const Contestant first{"a", {run(0, 0.9), run(1, 0.91)}};
  const Contestant second{"b", {run(5, 0.8), run(6, 0.81)}};
  const Comparison comparison = compare(first, second);
  EXPECT_EQ(comparison.pairs, 0);
  EXPECT_TRUE(std::isnan(comparison.accuracy.p_value));
  EXPECT_LT(comparison.accuracy_welch.p_value, 0.05);
}

TEST(Comparison, SaysHowManyPairsWouldDecide) {
  // A difference of half a standard deviation: 34 pairs (see hypothesis_tests_test.cpp).
  const double half = 0.5;
  Contestant first{"a", {}};
  Contestant second{"b", {}};
  for (const double noise : {-1.0, 0.0, 1.0}) {
    const std::uint64_t seed = first.runs.size();
    first.runs.push_back(run(seed, half + noise));
    second.runs.push_back(run(seed, 0));
  }
  EXPECT_EQ(compare(first, second).pairs_to_decide, 34);
  EXPECT_GT(compare(first, second, StoppingRule{.p_value = 0.01}).pairs_to_decide, 34);
}

TEST(Comparison, TheRuleDecidesByTheTestValidAtAnyTime) {
  Contestant first{"a", {}};
  Contestant second{"b", {}};
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    first.runs.push_back(run(seed, 0.9 + 0.001 * static_cast<double>(seed % 2)));
    second.runs.push_back(run(seed, 0.8));
  }
  const Comparison early = compare(first, second, StoppingRule{.p_value = 0.01});
  EXPECT_LT(early.accuracy.p_value, 1e-4);  // by a test that may be taken only once
  EXPECT_FALSE(early.decided_by_rule());
  EXPECT_TRUE(compare(first, second, StoppingRule{.p_value = 0.1}).decided_by_rule());
  EXPECT_FALSE(compare(first, second).decided_by_rule());
}

TEST(Comparison, TakesDifferencesThatAreEqualButForRounding) {
  const Contestant first{"a", {run(0, 0.93), run(1, 0.94)}};
  const Contestant second{"b", {run(0, 0.92), run(1, 0.93)}};
  const Comparison comparison = compare(first, second);
  EXPECT_EQ(comparison.pairs_to_decide, 2);
  EXPECT_LT(comparison.accuracy.p_value, 1e-6);
}

TEST(Comparison, PairsTheRunsOfOneSeedInTheirOrder) {
  const Contestant first{"a", {run(0, 0.9), run(0, 0.8)}};
  Contestant second{"b", {run(0, 0.7), run(0, 0.5)}};
  EXPECT_NEAR(compare(first, second).accuracy.mean, 0.25, 1e-12);
  second.runs[0].failed = true;
  EXPECT_NEAR(compare(first, second).accuracy.mean, 0.3, 1e-12);
}

TEST(Comparison, RefusesWhatDifferentPicturesHaveJudged) {
  const Contestant first{"a", {run(0, 0.9)}, "test split"};
  const Contestant second{"b", {run(0, 0.9)}, "held-out pictures"};
  EXPECT_THROW(compare(first, second), InputError);
}

TEST(Comparison, JsonHoldsNullForWhatIsUnknown) {
  const Contestant one{"a", {run(0, 0.5)}};
  const auto json = nlohmann::json::parse(to_json(compare(one, one)));
  EXPECT_EQ(json["pairs"], 1);
  EXPECT_EQ(json["accuracy_difference"]["mean"], 0.0);
  EXPECT_TRUE(json["accuracy_difference"]["p_value"].is_null());
  EXPECT_TRUE(json["pairs_to_decide"].is_null());
  EXPECT_FALSE(json.contains("stopping_rule"));
}

TEST(Comparison, RefusesAFolderThatHoldsNoFinishedRun) {
  const test::TemporaryFolder folder;
  EXPECT_THROW(load_contestant(folder.path()), InputError);
  folder.write("summary.json", "{}");
  EXPECT_THROW(load_contestant(folder.path()), InputError);
}

}  // namespace
}  // namespace ftl::lab
