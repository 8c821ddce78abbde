// Runs of one recipe in a run directory of their own, made one at a time and gone on with where an earlier
// process was ended: what comparisons and studies alternate between.
#pragma once

#include <filesystem>
#include <vector>

#include "lab/machine.hpp"
#include "lab/summary.hpp"
#include "run/run_directory.hpp"
#include "train/trainer.hpp"

namespace ftl::lab {

struct RunSeriesOptions {
  recipe::Recipe recipe;
  data::Dataset dataset;  // train::dataset_for the recipe
  const Machine& machine;
  std::filesystem::path folder;
  std::uint64_t seed = 0;  // of the first run
  int runs = 2;            // at most
  train::TrainingObserver* observer = nullptr;
};

class RunSeries {
 public:
  // Throws InputError when recipe and data do not fit together, or the folder is of another run.
  explicit RunSeries(RunSeriesOptions options);

  // The first `runs` results; those that are not in the folder yet are made now. Throws Interruption after
  // Ctrl-C.
  const std::vector<train::RunResult>& run(int runs);
  // What the runs so far have in common and have reached, also in the folder's summary.json.
  Summary finish();

  const std::vector<train::RunResult>& results() const { return results_; }

 private:
  RunSeriesOptions options_;
  run::RunDirectory directory_;
  std::vector<train::RunResult> results_;
};

}  // namespace ftl::lab
