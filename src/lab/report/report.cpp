#include "lab/report/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "base/error.hpp"
#include "lab/scaling_study.hpp"
#include "run/run_files.hpp"

namespace ftl::lab::report {
namespace {

namespace fs = std::filesystem;

// A plan whose cells lie on its axes, as the charts take for granted.
void check_coordinates(const fs::path& folder, const ExperimentDescription& plan) {
  for (const ExperimentCell& cell : plan.cells) {
    bool fits = cell.coordinates.empty() || cell.coordinates.size() == plan.axes.size();
    for (std::size_t axis = 0; fits && axis < cell.coordinates.size(); ++axis) {
      fits =
          cell.coordinates[axis] >= 0 && std::cmp_less(cell.coordinates[axis], plan.axes[axis].values.size());
    }
    if (!fits) {
      throw InputError("{}: the cell {} lies outside the experiment's axes: experiment.json is damaged",
                       folder.string(), cell.name);
    }
  }
}

// Among other runs; an ablation's cells are named by what they lack.
std::string label_of(const ExperimentDescription& plan, const ExperimentCell& cell) {
  return plan.kind == kAblationKind && !cell.baseline ? "without " + cell.name : cell.name;
}

void add_experiment(const fs::path& folder, Report& report) {
  ReportedExperiment experiment{.folder = folder,
                                .label = last_name(folder),
                                .plan = load_experiment(folder),
                                .runs = {},
                                .differences = {},
                                .law = {},
                                .comparison = {}};
  check_coordinates(folder, experiment.plan);
  std::map<std::string, std::optional<CellDifference>> differences;  // by folder
  const std::vector<CellResult> results = load_results(folder, experiment.plan);
  for (const CellResult& result : results) differences[result.cell.folder] = result.difference;
  if (experiment.plan.kind == kCompareKind && results.size() == 2) {
    experiment.comparison = compare({.label = results[0].cell.name, .runs = results[0].runs},
                                    {.label = results[1].cell.name, .runs = results[1].runs});
  }
  if (experiment.plan.kind == kScaleKind) experiment.law = law_of_best(scale_points(results));
  for (const ExperimentCell& cell : experiment.plan.cells) {
    experiment.differences.push_back(differences[cell.folder]);
    std::optional<std::size_t>& index = experiment.runs.emplace_back();
    if (!is_run_folder(folder / cell.folder)) continue;
    RunFolder run = read_run_folder(folder / cell.folder);
    run.label = label_of(experiment.plan, cell);
    index = report.runs.size();
    report.runs.push_back(std::move(run));
  }
  report.experiments.push_back(std::move(experiment));
}

void add(const fs::path& path, Report& report) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) throw InputError("{}: there is no such folder", path.string());
  if (!fs::is_directory(path, ignored)) {
    throw InputError("{}: is a file; name a run directory or an experiment's folder", path.string());
  }
  if (holds_experiment(path)) {
    add_experiment(path, report);
  } else if (is_run_folder(path)) {
    report.runs.push_back(read_run_folder(path));
  } else {
    throw InputError(
        "{}: holds neither a run (recipe.toml, environment.json) nor an experiment "
        "(experiment.json)",
        path.string());
  }
}

// Runs of the same name are told apart by their folders.
void distinguish(std::vector<RunFolder>& runs) {
  std::map<std::string, int> uses;
  for (const RunFolder& run : runs) ++uses[run.label];
  for (RunFolder& run : runs) {
    if (uses[run.label] > 1) run.label = run.folder.lexically_normal().string();
  }
}

}  // namespace

Report read_report(const std::vector<fs::path>& paths) {
  Report report;
  for (const fs::path& path : paths) add(path, report);
  if (report.runs.empty()) {
    throw InputError("{}: none of its cells has been begun; there is nothing to report yet",
                     paths.front().string());
  }
  distinguish(report.runs);
  return report;
}

const RunFolder* best_run(const Report& report) {
  const RunFolder* best = nullptr;
  for (const RunFolder& run : report.runs) {
    if (std::isnan(run.accuracy.mean) || !fs::exists(run.folder / run::kCheckpointFile)) continue;
    if (best == nullptr || run.accuracy.mean > best->accuracy.mean) best = &run;
  }
  return best;
}

const RunFolder* forgetting_run(const Report& report) {
  const RunFolder* best = nullptr;
  for (const RunFolder& run : report.runs) {
    if (run.forgetting.empty()) continue;
    const bool better =
        best == nullptr || std::isnan(best->accuracy.mean) || run.accuracy.mean > best->accuracy.mean;
    if (better) best = &run;
  }
  return best;
}

const RunFolder* finished_run(const Report& report, const ReportedExperiment& experiment, std::size_t cell) {
  const std::optional<std::size_t> run = experiment.runs[cell];
  return run && report.runs[*run].finished ? &report.runs[*run] : nullptr;
}

}  // namespace ftl::lab::report
