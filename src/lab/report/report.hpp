// What `ftl report` shows: runs, and experiments whose cells are runs.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lab/comparison.hpp"
#include "lab/experiment_folder.hpp"
#include "lab/experiment_results.hpp"
#include "lab/power_law.hpp"
#include "lab/report/predictions.hpp"
#include "lab/report/run_folder.hpp"

namespace ftl::lab::report {

struct ReportedExperiment {
  std::filesystem::path folder;
  std::string label;  // the folder's name
  ExperimentDescription plan;
  // Of each cell, where it is in Report::runs; nothing when it was not begun.
  std::vector<std::optional<std::size_t>> runs;
  std::vector<std::optional<CellDifference>> differences;  // of each cell
  std::optional<PowerLaw> law;                             // of a scaling study's best cells
  std::optional<Comparison> comparison;                    // where two settings were compared
};

struct Report {
  std::vector<RunFolder> runs;  // those named, then those of experiments
  std::vector<ReportedExperiment> experiments;
  std::optional<Predictions> predictions;
  std::string predictions_missing;  // how to get them
};

// Reads run directories and experiment folders. Throws InputError naming the path and what is wrong with it.
Report read_report(const std::vector<std::filesystem::path>& paths);

// The run with the highest mean accuracy that has a checkpoint; null when there is none.
const RunFolder* best_run(const Report& report);

// The run with the highest mean accuracy among those that have measured forgetting, an unfinished one where
// there is no other; null when none has.
const RunFolder* forgetting_run(const Report& report);

// The run of a cell that is done; null for others.
const RunFolder* finished_run(const Report& report, const ReportedExperiment& experiment, std::size_t cell);

}  // namespace ftl::lab::report
