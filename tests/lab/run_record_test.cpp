#include "lab/run_record.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "support/temporary_folder.hpp"

namespace ftl::lab {
namespace {

train::RunResult run() {
  train::RunResult result;
  result.seed = 7;
  result.accuracy = 0.75;
  result.seconds = {.load = 1, .init = 2, .train = 3, .eval = 4, .total = 10, .final_eval = 0.5};
  return result;
}

TEST(RunRecord, IsReadAsItWasWritten) {
  const test::TemporaryFolder folder;
  save_run_record(folder / "result.json", run());
  const train::RunResult read = load_run_record(folder / "result.json").value();
  EXPECT_EQ(read.seed, 7u);
  EXPECT_EQ(read.accuracy, 0.75);
  EXPECT_EQ(read.seconds.load, 1);
  EXPECT_EQ(read.seconds.init, 2);
  EXPECT_EQ(read.seconds.train, 3);
  EXPECT_EQ(read.seconds.eval, 4);
  EXPECT_EQ(read.seconds.total, 10);
  EXPECT_EQ(read.seconds.final_eval, 0.5);
}

TEST(RunRecord, OfAFailedRunHasNoFinalEvaluation) {
  const test::TemporaryFolder folder;
  train::RunResult failed = run();
  failed.seconds.final_eval = train::Seconds().final_eval;
  save_run_record(folder / "result.json", failed);
  EXPECT_TRUE(std::isnan(load_run_record(folder / "result.json")->seconds.final_eval));
}

TEST(RunRecord, OlderOnesDoNotKnowTheFinalEvaluation) {
  const test::TemporaryFolder folder;
  save_run_record(folder / "result.json", run());
  nlohmann::json older = nlohmann::json::parse(read_text(folder / "result.json"));
  older["seconds"].erase("final_eval");
  const train::RunResult read = load_run_record(folder.write("result.json", older.dump())).value();
  EXPECT_EQ(read.seconds.eval, 4);
  EXPECT_TRUE(std::isnan(read.seconds.final_eval));
}

}  // namespace
}  // namespace ftl::lab
