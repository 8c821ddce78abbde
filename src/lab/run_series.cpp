#include "lab/run_series.hpp"

#include "base/file.hpp"
#include "base/interrupt.hpp"
#include "lab/experiment.hpp"
#include "run/run_files.hpp"

namespace ftl::lab {
namespace {

run::RunDirectory open_directory(const RunSeriesOptions& options) {
  train::check_fits(options.recipe, options.dataset);
  const Machine& machine = options.machine;
  return run::RunDirectory(
      {.folder = options.folder,
       .runs = options.runs,
       .resume = file_exists(options.folder / run::kEnvironmentFile),
       .recipe = recipe::to_toml(options.recipe),
       .environment = run::current_environment(machine.isa, machine.threads.threads(), machine.version,
                                               options.dataset.digest)});
}

}  // namespace

RunSeries::RunSeries(RunSeriesOptions options)
    : options_(std::move(options)), directory_(open_directory(options_)) {}

const std::vector<train::RunResult>& RunSeries::run(int runs) {
  const int done = static_cast<int>(results_.size());
  if (runs <= done) return results_;
  std::filesystem::remove(options_.folder / run::kSummaryFile);  // of fewer runs
  results_ = run_experiment({.recipe = options_.recipe,
                             .dataset = options_.dataset,
                             .kernels = options_.machine.kernels,
                             .threads = options_.machine.threads,
                             .directory = directory_,
                             .seed = options_.seed,
                             .runs = runs,
                             .resume = true,
                             .observer = options_.observer});
  if (static_cast<int>(results_.size()) < runs || results_.back().interrupted) {
    throw Interruption();
  }
  return results_;
}

Summary RunSeries::finish() {
  const RunSettings settings =
      settings_of(options_.recipe, options_.dataset, options_.machine, static_cast<int>(results_.size()));
  Summary summary = summarize(settings, results_);
  directory_.write_summary(to_json(summary));
  return summary;
}

}  // namespace ftl::lab
