// An experiment on disk: many cells, each one recipe with some settings changed, run with several seeds.
//
//   experiment.json           what is to be done; when all cells have got more runs than before, it says so
//   cells/0001/, ...          a run directory each (run/run_directory.hpp), done once it has a summary.json
//   results.csv               a line a cell, once all are done
//
// All figures are read from these files, so that an experiment that is ended in any way can be gone on with.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lab/statistics.hpp"
#include "train/result.hpp"

namespace ftl::lab {

struct ExperimentAxis {
  std::string key;                    // of the recipe, e.g. "train.batch"
  std::string label;                  // as the user says it, e.g. "batch"
  std::vector<std::string> values{};  // in order, as settings have them; empty in a random search
  bool logarithmic = false;
};

struct ExperimentCell {
  std::string name;                               // "batch=128 lr=0.5"
  std::string folder;                             // relative to the experiment's: "cells/0001"
  std::map<std::string, std::string> settings{};  // recipe keys and what they are set to
  std::vector<int> coordinates{};                 // index into each axis' values; empty in a random search
  bool baseline = false;                          // what the others are compared with
};

inline constexpr const char* kAblationKind = "ablate";
// The kind of experiment whose cells are compared with the one before each; others with the baseline.
inline constexpr const char* kCumulativeKind = "ablate-cumulative";

struct ExperimentDescription {
  std::string kind;  // "sweep", "ablate", ...
  std::string recipe;
  std::string dataset;
  int runs = 1;            // seeds per cell
  std::uint64_t seed = 0;  // of each cell's first run
  std::vector<ExperimentAxis> axes{};
  std::vector<ExperimentCell> cells{};
};

std::string to_json(const ExperimentDescription& description);

// "cells/0001" for index 0.
std::string cell_folder(std::size_t index);

// Whether there is an experiment.json.
bool holds_experiment(const std::filesystem::path& folder);

// Throws InputError naming the folder when it holds no experiment, or one of another version of the format.
ExperimentDescription load_experiment(const std::filesystem::path& folder);

// Throws InputError naming the folder when it holds another experiment than this one. It may have fewer runs
// a cell, unless that is one: such cells have no folders for their runs.
void check_same_experiment(const std::filesystem::path& folder, const ExperimentDescription& description);

// Writes experiment.json. Throws RunError.
void save_experiment(const std::filesystem::path& folder, const ExperimentDescription& description);

// Creates the folder with its experiment.json, unless that is there already (check_same_experiment): then its
// number of runs stays until all cells have more, for what reads the folder meanwhile. Throws InputError also
// when the folder cannot be written.
void begin_experiment(const std::filesystem::path& folder, const ExperimentDescription& description);

// How many of a cell's first `runs` runs are done.
int finished_runs(const std::filesystem::path& cell_folder, int runs);

// Whether they all are.
bool is_finished(const std::filesystem::path& cell_folder, int runs);

// The runs of a finished cell, failed ones included, in the order of their seeds; nothing while it is
// unfinished. Throws InputError naming the file that cannot be read.
std::optional<std::vector<train::RunResult>> load_cell(const std::filesystem::path& cell_folder, int runs);

// What a cell's runs that did not fail have reached.
struct CellFigures {
  Sample accuracy;       // fractions
  Sample train_seconds;  // of a run
  int failed = 0;        // runs
};
CellFigures figures_of(const std::vector<train::RunResult>& runs);

}  // namespace ftl::lab
