#include "lab/experiment_folder.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/file.hpp"
#include "lab/experiment_results.hpp"
#include "lab/kept_checkpoints.hpp"
#include "lab/run_record.hpp"
#include "support/temporary_folder.hpp"

namespace ftl::lab {
namespace {

using testing::AllOf;
using testing::HasSubstr;

ExperimentDescription small() {
  return {.kind = "sweep",
          .recipe = "small",
          .dataset = "synthetic",
          .runs = 2,
          .seed = 7,
          .axes = {{.key = "train.batch", .label = "batch", .values = {"10", "20"}, .logarithmic = true}},
          .cells = {{.name = "batch=10",
                     .folder = "cells/0001",
                     .settings = {{"train.batch", "10"}},
                     .coordinates = {0},
                     .baseline = true},
                    {.name = "batch=20",
                     .folder = "cells/0002",
                     .settings = {{"train.batch", "20"}},
                     .coordinates = {1}}}};
}

train::RunResult run(std::uint64_t seed, double accuracy, double seconds) {
  train::RunResult result;
  result.seed = seed;
  result.accuracy = accuracy;
  result.seconds.train = seconds;
  return result;
}

// As a finished cell leaves them.
void write_cell(const test::TemporaryFolder& folder, const std::string& cell,
                const std::vector<train::RunResult>& runs) {
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const std::string run_folder = cell + "/run-" + std::to_string(i + 1);
    folder.write(run_folder + "/result.json", "");
    save_run_record(folder / (run_folder + "/result.json"), runs[i]);
  }
  folder.write(cell + "/summary.json", "{}");
}

std::string refusal(const std::filesystem::path& folder) {
  try {
    load_experiment(folder);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(ExperimentFolder, ReadsBackWhatItWrote) {
  const test::TemporaryFolder folder;
  begin_experiment(folder / "new/experiment", small());
  EXPECT_EQ(to_json(load_experiment(folder / "new/experiment")), to_json(small()));
  EXPECT_THAT(to_json(small()), AllOf(HasSubstr("train.batch"), HasSubstr("\"log\"")));
}

TEST(ExperimentFolder, GoesOnWithTheSameExperimentOnly) {
  const test::TemporaryFolder folder;
  begin_experiment(folder.path(), small());
  EXPECT_NO_THROW(begin_experiment(folder.path(), small()));
  ExperimentDescription other = small();
  other.seed = 8;
  EXPECT_THROW(begin_experiment(folder.path(), other), InputError);
}

TEST(ExperimentFolder, RefusesWhatIsNone) {
  const test::TemporaryFolder folder;
  EXPECT_THAT(refusal(folder.path()), HasSubstr("no experiment"));
  folder.write("experiment.json", "{");
  EXPECT_THAT(refusal(folder.path()), HasSubstr("experiment.json"));
  folder.write("experiment.json", R"({"format": "ftl experiment", "version": 2})");
  EXPECT_THAT(refusal(folder.path()), HasSubstr("version 2"));
  folder.write("experiment.json", R"({"format": "ftl experiment", "version": 1})");
  EXPECT_THAT(refusal(folder.path()), HasSubstr("not an experiment"));
}

TEST(ExperimentFolder, ReadsFiguresOfFinishedCellsOnly) {
  const test::TemporaryFolder folder;
  train::RunResult failed = run(8, 0, 1);
  failed.failed = true;
  write_cell(folder, "cells/0001", {run(7, 0.5, 10), failed});
  write_cell(folder, "cells/0002", {run(7, 0.25, 20), run(8, 0.75, 30)});
  std::filesystem::remove(folder / "cells/0001/summary.json");
  ASSERT_EQ(load_results(folder.path(), small()).size(), 1u);
  folder.write("cells/0001/summary.json", "{}");
  const std::vector<CellResult> results = load_results(folder.path(), small());
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].figures.failed, 1);
  EXPECT_EQ(results[0].figures.accuracy.mean, 0.5);
  EXPECT_EQ(results[1].figures.accuracy.mean, 0.5);
  EXPECT_EQ(results[1].figures.train_seconds.mean, 25);
  EXPECT_THAT(results_csv(small(), results),
              AllOf(testing::StartsWith("cell,batch,runs,failed,flop,accuracy_mean"),
                    HasSubstr("\nbatch=10,10,2,1,0,0.5,,,,,10,,,,\n"), HasSubstr("\nbatch=20,20,2,0,0,0.5,"),
                    HasSubstr(",-0.25,,25,")));
  const nlohmann::json json = nlohmann::json::parse(results_json("here", small(), results));
  EXPECT_EQ(json["cells"][0]["failed_runs"], 1);
  EXPECT_EQ(json["cells"][1]["seconds"]["mean"], 25.0);
  EXPECT_EQ(json["cells"][1]["difference"]["accuracy"]["mean"], -0.25);
  EXPECT_FALSE(json["cells"][0].contains("difference")) << "it is what the others are compared with";
}

TEST(KeptCheckpoints, AreThoseOfTheBestCell) {
  const test::TemporaryFolder folder;
  for (const char* cell : {"cells/0001", "cells/0002"}) {
    write_cell(folder, cell, {run(7, cell[9] == '1' ? 0.75 : 0.5, 10), run(8, 0.5, 10)});
    for (const char* place : {"", "/run-1", "/run-2"}) {
      folder.write(std::string(cell) + place + "/checkpoint.safetensors", "weights");
    }
  }
  keep_best_checkpoints(folder.path(), small());
  for (const char* place : {"", "/run-1", "/run-2"}) {
    const std::string file = std::string(place) + "/checkpoint.safetensors";
    EXPECT_TRUE(std::filesystem::exists(folder / ("cells/0001" + file)));
    EXPECT_FALSE(std::filesystem::exists(folder / ("cells/0002" + file)));
  }
  EXPECT_EQ(load_results(folder.path(), small()).size(), 2u) << "figures stay";
}

TEST(CellDifference, IsOfRunsWithTheSameSeed) {
  const test::TemporaryFolder folder;
  ExperimentDescription three = small();
  three.runs = 3;
  train::RunResult failed = run(9, 0, 0);
  failed.failed = true;
  write_cell(folder, "cells/0001", {run(7, 0.75, 10), run(8, 0.5, 10), run(9, 0.9, 10)});
  write_cell(folder, "cells/0002", {run(7, 0.5, 8), run(8, 0.25, 8), failed});
  const std::vector<CellResult> results = load_results(folder.path(), three);
  EXPECT_FALSE(results[0].difference) << "the baseline is compared with none";
  ASSERT_TRUE(results[1].difference);
  EXPECT_EQ(results[1].difference->accuracy.mean, -0.25);
  EXPECT_EQ(results[1].difference->accuracy.ci95, 0) << "seeds differ, and cells in each seed by the same";
  EXPECT_EQ(results[1].difference->train_seconds.mean, -2);
}

TEST(CellDifference, ACellWithFailedRunsTakesNoIntervalFromTheOthers) {
  const test::TemporaryFolder folder;
  ExperimentDescription three = small();
  three.cells.push_back({.name = "batch=30", .folder = "cells/0003", .coordinates = {1}});
  train::RunResult failed = run(8, 0, 0);
  failed.failed = true;
  write_cell(folder, "cells/0001", {run(7, 0.5, 10), run(8, 0.5, 10)});
  write_cell(folder, "cells/0002", {run(7, 0.625, 10), run(8, 0.75, 10)});
  write_cell(folder, "cells/0003", {run(7, 0.25, 10), failed});
  const std::vector<CellResult> results = load_results(folder.path(), three);
  EXPECT_GT(results[1].difference->accuracy.ci95, 0);
  EXPECT_EQ(results[2].difference->accuracy.mean, -0.25);
}

TEST(CellDifference, OfTwoCellsIsThePairedTest) {
  const test::TemporaryFolder folder;
  write_cell(folder, "cells/0001", {run(7, 0.5, 10), run(8, 0.5, 12)});
  write_cell(folder, "cells/0002", {run(7, 0.625, 10), run(8, 0.75, 10)});
  const Difference difference = load_results(folder.path(), small())[1].difference->accuracy;
  const Difference paired = paired_difference(std::vector{0.625, 0.75}, std::vector{0.5, 0.5});
  EXPECT_NEAR(difference.mean, paired.mean, 1e-12);
  EXPECT_NEAR(difference.ci95, paired.ci95, 1e-12);
  EXPECT_NEAR(difference.p_value, paired.p_value, 1e-12);
}

TEST(CellDifference, StepByStepIsToTheCellBefore) {
  const test::TemporaryFolder folder;
  ExperimentDescription steps = small();
  steps.kind = kCumulativeKind;
  steps.cells.push_back({.name = "more", .folder = "cells/0003"});
  write_cell(folder, "cells/0001", {run(7, 0.5, 10), run(8, 0.5, 10)});
  write_cell(folder, "cells/0002", {run(7, 0.75, 10), run(8, 0.75, 10)});
  write_cell(folder, "cells/0003", {run(7, 0.875, 10), run(8, 0.875, 10)});
  EXPECT_EQ(load_results(folder.path(), steps)[2].difference->accuracy.mean, 0.125);
}

}  // namespace
}  // namespace ftl::lab
