#include "lab/protocol.hpp"

#include <gmock/gmock.h>

#include <cmath>

namespace ftl::lab {
namespace {

using train::EpochRecord;
using train::RunResult;

RunResult run() {
  RunResult result;
  result.seconds = {.load = 100, .init = 0.5, .train = 40, .eval = 200, .total = 400, .final_eval = 2};
  return result;
}

EpochRecord epoch(double seconds, double accuracy, std::optional<double> of_average = {}) {
  EpochRecord record;
  record.val_accuracy = accuracy;
  record.ema_val_accuracy = of_average;
  record.total_seconds = seconds;
  return record;
}

TEST(Protocol, HlbIsTrainingAlone) {
  EXPECT_EQ(protocol_seconds(Protocol::hlb, {run(), {}}, {}), 40);
}

TEST(Protocol, AirbenchAddsWhiteningAndTheFinalEvaluation) {
  EXPECT_EQ(protocol_seconds(Protocol::airbench, {run(), {}}, {}), 42.5);
}

TEST(Protocol, AirbenchKnowsNoTimeWithoutAFinalEvaluation) {
  RunResult interrupted = run();
  interrupted.seconds.final_eval = train::Seconds().final_eval;
  EXPECT_TRUE(std::isnan(protocol_seconds(Protocol::airbench, {interrupted, {}}, {})));
}

TEST(Protocol, DawnbenchEndsAtTheFirstEpochAtTheTarget) {
  const EpochRecord epochs[] = {epoch(10, 0.8), epoch(20, 0.94), epoch(30, 0.9), epoch(40, 0.95)};
  EXPECT_EQ(protocol_seconds(Protocol::dawnbench, {run(), epochs}, 0.94), 20.5);
  EXPECT_EQ(protocol_seconds(Protocol::dawnbench, {run(), epochs}, 0.5), 10.5);
  EXPECT_TRUE(std::isnan(protocol_seconds(Protocol::dawnbench, {run(), epochs}, 0.96)));
  EXPECT_TRUE(std::isnan(protocol_seconds(Protocol::dawnbench, {run(), epochs}, {})));
}

TEST(Protocol, DawnbenchLooksAtTheAverageOnceThereIsOne) {
  const EpochRecord epochs[] = {epoch(10, 0.8), epoch(20, 0.95, 0.9), epoch(30, 0.9, 0.95)};
  EXPECT_EQ(protocol_seconds(Protocol::dawnbench, {run(), epochs}, 0.8), 10.5);
  EXPECT_EQ(protocol_seconds(Protocol::dawnbench, {run(), epochs}, 0.94), 30.5);
}

TEST(Protocol, IsFoundByEachOfItsNames) {
  EXPECT_THAT(protocol_names(), testing::ElementsAre("hlb", "airbench", "dawnbench"));
  for (const std::string& known : protocol_names()) EXPECT_EQ(name(protocol_named(known)), known);
}

}  // namespace
}  // namespace ftl::lab
