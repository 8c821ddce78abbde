// Several runs with the same settings and different seeds.
#pragma once

#include <cstdint>
#include <vector>

#include "train/run_directory.hpp"
#include "train/trainer.hpp"

namespace ftl::lab {

struct ExperimentOptions {
  const train::Recipe& recipe;
  const data::Dataset& dataset;
  const kernels::Kernels& kernels;
  ThreadPool& threads;
  train::RunDirectory& directory;
  std::uint64_t seed = 0;  // of the first run; the following ones count up
  int runs = 1;
  bool resume = false;      // finished runs are kept, an unfinished one goes on where it stopped
  double load_seconds = 0;  // counted to the first run
  train::TrainingObserver* observer = nullptr;
};

struct ExperimentResult {
  std::vector<train::RunResult> runs;
  std::int64_t memory_bytes = 0;  // that the engine asked for, training and evaluation
};

// Runs them one after the other, each with all threads. A run that fails leaves the others alone; Ctrl-C ends
// the experiment after the run in progress has saved its state.
ExperimentResult run_experiment(const ExperimentOptions& options);

}  // namespace ftl::lab
