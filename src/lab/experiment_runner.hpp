// Makes the runs of an experiment's cells, several cells at once where that is faster, and goes on where an
// earlier process was ended.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "lab/experiment_folder.hpp"
#include "machine/instruction_set.hpp"
#include "recipe/recipe.hpp"

namespace ftl::lab {

// A cell of an experiment with its recipe.
struct PlannedCell {
  ExperimentCell cell;
  recipe::Recipe recipe;
};

// Told of the progress, by one thread at a time.
class ExperimentObserver {
 public:
  virtual ~ExperimentObserver() = default;
  // The share of all work that is done, finished cells included.
  virtual void on_progress(double /*done*/) {}
  virtual void on_cell(const ExperimentCell& /*cell*/, const std::vector<train::RunResult>& /*runs*/) {}
};

struct RunnerOptions {
  std::filesystem::path folder;
  const std::vector<PlannedCell>& cells;
  const data::Dataset& dataset;  // as opened; a recipe's holdout is taken out of it here
  Isa isa = Isa::generic;
  std::string version;  // of ftl
  int threads = 1;
  int jobs = 0;  // cells at once, each with its share of the threads; 0: what a measurement finds fastest
  int runs = 1;
  std::uint64_t seed = 0;
  ExperimentObserver* observer = nullptr;
};

// What there is to do.
struct ExperimentForecast {
  int open_cells = 0;
  int jobs = 1;
  double flop = 0;     // of the open cells
  double seconds = 0;  // as a measurement of a few training steps makes expect
};

class ExperimentRunner {
 public:
  // Throws InputError, naming the cell, when a recipe does not fit the dataset or a cell that has been begun
  // is of another recipe or dataset.
  explicit ExperimentRunner(const RunnerOptions& options);

  // Writes nothing.
  ExperimentForecast forecast() const;
  // Runs the open cells, `forecast.jobs` at once. Throws Interruption after Ctrl-C.
  void run(const ExperimentForecast& forecast);

 private:
  struct Job;
  class CellObserver;

  std::vector<std::size_t> open_cells() const;
  int open_runs(std::size_t cell) const;
  void work(Job& job);
  void run_cell(std::size_t cell, Job& job);

  RunnerOptions options_;
  std::vector<double> flop_;  // by cell
};

}  // namespace ftl::lab
