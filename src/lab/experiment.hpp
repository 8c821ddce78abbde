// Several runs with the same settings and different seeds.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/registry.hpp"
#include "run/run_directory.hpp"
#include "train/trainer.hpp"

namespace ftl::lab {

struct ExperimentOptions {
  const recipe::Recipe& recipe;
  const data::Dataset& dataset;
  const kernels::Kernels& kernels;
  ThreadPool& threads;
  run::RunDirectory& directory;
  std::uint64_t seed = 0;  // of the first run; the following ones count up
  int runs = 1;
  // Above 0: cross-validation. That many runs follow with each seed, each evaluated on the training pictures
  // of another fold, which it does not train on (data::leave_out); `runs` counts them all.
  int folds = 0;
  bool forgetting = false;  // measured, too
  bool resume = false;      // finished runs are kept, an unfinished one goes on where it stopped
  double load_seconds = 0;  // counted to the first run
  train::TrainingObserver* observer = nullptr;
};

// Throws InputError where it is to resume runs of other seeds, or damaged ones, which run_experiment would
// find only when it comes to them.
void check_resumed_runs(const ExperimentOptions& options);

// Runs them one after the other, each with all threads. A run that fails leaves the others alone; Ctrl-C ends
// the experiment once the run in progress has saved its state; then there are fewer results than runs asked
// for, or the last one is an interrupted run's.
std::vector<train::RunResult> run_experiment(const ExperimentOptions& options);

}  // namespace ftl::lab
