// The figures of all cells of an experiment, as its files say.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lab/experiment_folder.hpp"
#include "lab/hypothesis_tests.hpp"

namespace ftl::lab {

// What a cell has more than the one it is compared with (kCumulativeKind says which): over the seeds that
// failed in neither, with the noise of the whole experiment (lab/randomized_blocks.hpp).
struct CellDifference {
  Difference accuracy;
  Difference train_seconds;
};

struct CellResult {
  ExperimentCell cell;
  std::vector<train::RunResult> runs;
  CellFigures figures;
  std::optional<CellDifference> difference{};  // nothing where there is no such other cell, or it is not done
};

// Of the finished cells, in the experiment's order.
std::vector<CellResult> load_results(const std::filesystem::path& folder,
                                     const ExperimentDescription& description);

// The mean over the runs that did not fail; where all failed, lower than any.
double accuracy_to_rank(const CellResult& result);

// Null where every run of every cell failed.
const CellResult* best_cell(const std::vector<CellResult>& results);

// The mean over the runs that did not fail; NaN of none.
double mean_flop(const std::vector<train::RunResult>& runs);

// The description with what came: in each cell `accuracy` (fractions), `seconds` (of training) and `flop` of
// the runs, `failed_runs` and, where it is compared with another, `difference` in both. Ends with a newline.
std::string results_json(const std::filesystem::path& folder, const ExperimentDescription& description,
                         const std::vector<CellResult>& results);

// A line a cell: its name, the axes' values, runs, failed runs, mean FLOP; of accuracy (fractions) and
// training seconds the mean, deviation and half the 95 % interval; of the difference in both the mean and
// half the 95 % interval. Empty where there is no such figure.
std::string results_csv(const ExperimentDescription& description, const std::vector<CellResult>& results);

}  // namespace ftl::lab
