#include "lab/summary.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace ftl::lab {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;
using train::RunResult;

RunSettings settings() {
  return {"airbench94", "cifar10", 10, 50000, 10000, 2000, "amx", 2, "0.1.0", 5, 1 << 20};
}

RunResult run(std::uint64_t seed, double accuracy, double train_seconds) {
  RunResult result;
  result.seed = seed;
  result.accuracy = accuracy;
  result.accuracy_plain = accuracy - 0.25;
  result.epochs = 8;
  result.flop = 2e12;
  result.seconds = {1, 2, train_seconds, 3, train_seconds + 6, 0.5};
  return result;
}

RunResult failed(std::uint64_t seed) {
  RunResult result;
  result.seed = seed;
  result.failed = true;
  result.failure = "diverged";
  return result;
}

TEST(Summary, HasTheDocumentedKeys) {
  const RunResult results[] = {run(1, 0.5, 1), run(2, 1, 3)};
  const json summary = json::parse(to_json(summarize(settings(), results)));
  EXPECT_EQ(summary["recipe"], "airbench94");
  EXPECT_EQ(summary["dataset"], "cifar10");
  EXPECT_EQ(summary["classes"], 10);
  EXPECT_EQ(summary["train_images"], 50000);
  EXPECT_EQ(summary["test_images"], 10000);
  EXPECT_EQ(summary["batch"], 2000);
  EXPECT_EQ(summary["epochs"], 8.0);
  EXPECT_EQ(summary["runs"], 2);
  EXPECT_EQ(summary["seeds"], json({1, 2}));
  EXPECT_EQ(summary["failed_runs"], 0);
  EXPECT_EQ(summary["accuracy"]["mean"], 0.75);
  EXPECT_NEAR(summary["accuracy"]["std"].get<double>(), 0.35355339, 1e-8);
  EXPECT_NEAR(summary["accuracy"]["ci95"].get<double>(), 12.7062047 * 0.25, 1e-6);
  EXPECT_EQ(summary["accuracy"]["values"], json({0.5, 1.0}));
  EXPECT_EQ(summary["accuracy_plain"]["values"], json({0.25, 0.75}));
  EXPECT_EQ(summary["seconds"], json({{"load", 1.0},
                                      {"init", 2.0},
                                      {"train", 2.0},
                                      {"eval", 3.0},
                                      {"final_eval", 0.5},
                                      {"total", 8.0}}));
  EXPECT_EQ(summary["flop_per_run"], 2e12);
  EXPECT_EQ(summary["tflops"], 1.0);
  EXPECT_EQ(summary["peak_tflops"], 5.0);
  EXPECT_EQ(summary["fraction_of_peak"], 0.2);
  EXPECT_EQ(summary["peak_memory_bytes"], 1 << 20);
  EXPECT_EQ(summary["isa"], "amx");
  EXPECT_EQ(summary["threads"], 2);
  EXPECT_EQ(summary["device"], "cpu");
  EXPECT_EQ(summary["version"], "0.1.0");
  EXPECT_EQ(summary["protocol"], "hlb");
  EXPECT_EQ(summary["protocol_seconds"]["values"], json({1.0, 3.0}));
  EXPECT_EQ(summary["protocol_seconds"]["mean"], 2.0);
}

TEST(Summary, TimesRunsByTheProtocol) {
  RunSettings timed = settings();
  timed.protocol = Protocol::airbench;
  const RunResult results[] = {run(1, 0.5, 1), run(2, 1, 3)};
  const json summary = json::parse(to_json(summarize(timed, results)));
  EXPECT_EQ(summary["protocol"], "airbench");
  EXPECT_EQ(summary["protocol_seconds"]["values"], json({3.5, 5.5}));
  EXPECT_EQ(summary["protocol_seconds"]["mean"], 4.5);
  EXPECT_NEAR(summary["protocol_seconds"]["std"].get<double>(), 1.41421356, 1e-8);
}

// Of the second, which failed, there are epochs all the same.
TEST(Summary, TimesEachRunToItsOwnFirstEpochAtTheTarget) {
  RunSettings timed = settings();
  timed.protocol = Protocol::dawnbench;
  timed.target_accuracy = 0.5;
  const RunResult results[] = {run(1, 0.5, 9), failed(2), run(3, 1, 9)};
  std::vector<train::EpochRecord> epochs(5);
  const double accuracies[] = {0.25, 0.5, 0.75, 0.25, 0.5};
  const int runs[] = {0, 0, 1, 2, 2};
  for (std::size_t i = 0; i < epochs.size(); ++i) {
    epochs[i].run = runs[i];
    epochs[i].val_accuracy = accuracies[i];
    epochs[i].total_seconds = static_cast<double>(i + 1);
  }
  const json reached = json::parse(to_json(summarize(timed, results, epochs)));
  EXPECT_EQ(reached["protocol"], "dawnbench");
  EXPECT_EQ(reached["protocol_seconds"]["values"], json({4.0, 7.0}));
  EXPECT_EQ(reached["protocol_seconds"]["mean"], 5.5);

  epochs.pop_back();
  const json missed = json::parse(to_json(summarize(timed, results, epochs)));
  EXPECT_EQ(missed["protocol_seconds"]["values"], json({4.0, nullptr}));
  EXPECT_TRUE(missed["protocol_seconds"]["mean"].is_null());
}

TEST(Summary, FailedRunsAreCountedAndLeftOutOfTheMeans) {
  const RunResult results[] = {run(1, 0.5, 1), failed(2)};
  const Summary summary = summarize(settings(), results);
  EXPECT_EQ(summary.runs, 2);
  EXPECT_THAT(summary.seeds, ElementsAre(1, 2));
  EXPECT_THAT(summary.accuracy.values, ElementsAre(0.5));
  EXPECT_EQ(summary.seconds.train, 1);
  const json parsed = json::parse(to_json(summary));
  EXPECT_EQ(parsed["failed_runs"], 1);
  EXPECT_EQ(parsed["failures"], json::array({{{"seed", 2}, {"reason", "diverged"}}}));
  EXPECT_TRUE(parsed["accuracy"]["std"].is_null());
  EXPECT_TRUE(parsed["accuracy"]["ci95"].is_null());
}

TEST(Summary, OfFailedRunsOnlyHasNoFigures) {
  const RunResult results[] = {failed(1)};
  const json summary = json::parse(to_json(summarize(settings(), results)));
  EXPECT_TRUE(summary["accuracy"]["mean"].is_null());
  EXPECT_THAT(summary["accuracy"]["values"], IsEmpty());
  EXPECT_TRUE(summary["seconds"]["train"].is_null());
  EXPECT_TRUE(summary["tflops"].is_null());
}

TEST(Summary, InterruptedRunCountsOnlyWhereNoOtherIsComplete) {
  RunResult interrupted = run(2, 0.25, 1);
  interrupted.interrupted = true;
  const RunResult both[] = {run(1, 0.5, 1), interrupted};
  EXPECT_THAT(summarize(settings(), both).accuracy.values, ElementsAre(0.5));
  const RunResult alone[] = {interrupted};
  const Summary summary = summarize(settings(), alone);
  EXPECT_THAT(summary.accuracy.values, ElementsAre(0.25));
  EXPECT_TRUE(summary.interrupted);
}

TEST(Summary, OfFewerRunsThanAskedForIsInterrupted) {
  RunSettings asked = settings();
  asked.runs = 2;
  const RunResult results[] = {run(1, 0.5, 1), run(2, 0.75, 1)};
  EXPECT_FALSE(summarize(asked, results).interrupted);
  EXPECT_TRUE(summarize(asked, std::span(results, 1)).interrupted);
}

TEST(Summary, HoldsTheMeanAgainstATarget) {
  const RunResult results[] = {run(1, 0.5, 1), run(2, 0.75, 1), run(3, 1, 1)};
  EXPECT_FALSE(json::parse(to_json(summarize(settings(), results))).contains("target"));
  EXPECT_FALSE(summarize(settings(), results).misses_target());
  RunSettings targeted = settings();
  targeted.target_accuracy = 0.75;
  const Summary reached = summarize(targeted, results);
  EXPECT_FALSE(reached.misses_target());
  EXPECT_EQ(json::parse(to_json(reached))["target"], json({{"accuracy", 0.75}, {"p_value", 0.5}}));
  const Summary missed = summarize(targeted, std::span(results, 2));
  EXPECT_TRUE(missed.misses_target());
  EXPECT_GT(missed.target_p_value(), 0.5);
  EXPECT_TRUE(
      json::parse(to_json(summarize(targeted, std::span(results, 1))))["target"]["p_value"].is_null());
}

}  // namespace
}  // namespace ftl::lab
