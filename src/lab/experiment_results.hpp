// The figures of all cells of an experiment, as its files say.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lab/experiment_folder.hpp"

namespace ftl::lab {

struct CellResult {
  ExperimentCell cell;
  std::vector<train::RunResult> runs;
  CellFigures figures;
};

// Of the finished cells, in the experiment's order.
std::vector<CellResult> load_results(const std::filesystem::path& folder,
                                     const ExperimentDescription& description);

// A line a cell: its name, the axes' values, runs, failed runs, and of accuracy (fractions) and training
// seconds the mean, deviation and half the 95 % interval; empty where there is no such figure.
std::string results_csv(const ExperimentDescription& description, const std::vector<CellResult>& results);

}  // namespace ftl::lab
