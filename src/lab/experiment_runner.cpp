#include "lab/experiment_runner.hpp"

#include <algorithm>
#include <exception>
#include <functional>
#include <mutex>
#include <numeric>
#include <optional>
#include <thread>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/interrupt.hpp"
#include "kernels/peak.hpp"
#include "lab/kept_checkpoints.hpp"
#include "lab/run_cost.hpp"
#include "lab/run_series.hpp"
#include "run/run_files.hpp"
#include "train/training_stage.hpp"

namespace ftl::lab {
namespace {

namespace fs = std::filesystem;

// How much of the experiment is done, told to the observer.
class Progress {
 public:
  // `done` is the share of each cell.
  Progress(ExperimentObserver* observer, std::vector<double> flop, std::vector<double> done)
      : observer_(observer), flop_(std::move(flop)), done_(std::move(done)) {}

  void set(std::size_t cell, double share) {
    const std::lock_guard lock(mutex_);
    done_[cell] = std::max(done_[cell], share);
    if (observer_ != nullptr) observer_->on_progress(share_done());
  }

  void finish(const ExperimentCell& cell, const std::vector<train::RunResult>& runs) {
    const std::lock_guard lock(mutex_);
    if (observer_ != nullptr) observer_->on_cell(cell, runs);
  }

 private:
  double share_done() const {
    return std::inner_product(flop_.begin(), flop_.end(), done_.begin(), 0.0) /
           std::accumulate(flop_.begin(), flop_.end(), 0.0);
  }

  ExperimentObserver* observer_;
  std::vector<double> flop_;
  std::vector<double> done_;  // share of each cell
  std::mutex mutex_;
};

}  // namespace

// What the workers share: the queue of cells, and the first failure, which ends all.
struct ExperimentRunner::Job {
  std::vector<std::size_t> open;
  Progress progress;
  int threads;  // of a worker
  double peak_tflops;
  std::mutex mutex{};
  std::size_t next = 0;
  std::exception_ptr failure{};

  std::optional<std::size_t> take() {
    const std::lock_guard lock(mutex);
    if (failure || interrupted() || next == open.size()) return std::nullopt;
    return open[next++];
  }
  void fail() {
    const std::lock_guard lock(mutex);
    if (!failure) failure = std::current_exception();
  }
};

class ExperimentRunner::CellObserver final : public train::TrainingObserver {
 public:
  CellObserver(Progress& progress, std::size_t cell, int runs)
      : progress_(progress), cell_(cell), runs_(runs) {}
  void begin_run(int run) { run_ = run; }
  void on_step(std::int64_t done, std::int64_t total, double) override {
    const double share = static_cast<double>(done) / static_cast<double>(total);
    progress_.set(cell_, (run_ + share) / runs_);
  }

 private:
  Progress& progress_;
  std::size_t cell_;
  int runs_;
  int run_ = 0;
};

ExperimentRunner::ExperimentRunner(const RunnerOptions& options) : options_(options) {
  for (const auto& [cell, recipe] : options.cells) {
    try {
      const data::Dataset dataset = train::dataset_for(recipe, options.dataset);
      train::check_fits(recipe, dataset);
      flop_.push_back(expected_flop(recipe, dataset));
      const fs::path folder = options.folder / cell.folder;
      if (file_exists(folder / run::kEnvironmentFile)) {
        run::check_same_run(folder, {recipe::to_toml(recipe), dataset.digest, options.runs});
      }
    } catch (const InputError& error) {
      throw InputError("{}: {}", cell.name, error.what());
    }
  }
}

std::vector<std::size_t> ExperimentRunner::open_cells() const {
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < options_.cells.size(); ++i) {
    if (!is_finished(options_.folder / options_.cells[i].cell.folder, options_.runs)) open.push_back(i);
  }
  return open;
}

int ExperimentRunner::open_runs(std::size_t cell) const {
  return options_.runs - finished_runs(options_.folder / options_.cells[cell].cell.folder, options_.runs);
}

ExperimentForecast ExperimentRunner::forecast() const {
  const std::vector<std::size_t> open = open_cells();
  ExperimentForecast forecast{.open_cells = static_cast<int>(open.size())};
  if (open.empty()) return forecast;
  for (const std::size_t cell : open) forecast.flop += flop_[cell] * open_runs(cell);
  const recipe::Recipe& recipe = options_.cells[open.front()].recipe;
  const data::Dataset dataset = train::dataset_for(recipe, options_.dataset);
  const RateOptions measured{.recipe = recipe,
                             .dataset = dataset,
                             .kernels = kernels::kernels_for(options_.isa),
                             .threads = options_.threads};
  const JobChoice choice = options_.jobs > 0 ? JobChoice{options_.jobs, measure_rate(measured, options_.jobs)}
                                             : fastest_jobs(measured, forecast.open_cells);
  forecast.jobs = choice.jobs;
  forecast.seconds = forecast.flop / choice.rate;
  return forecast;
}

void ExperimentRunner::run(const ExperimentForecast& forecast) {
  const kernels::Kernels& kernels = kernels::kernels_for(options_.isa);
  const int threads = std::max(1, options_.threads / forecast.jobs);
  ThreadPool pool(threads);
  std::vector<std::size_t> open = open_cells();
  // The longest first: then no worker is left with a long one while the others have nothing to do.
  if (forecast.jobs > 1)
    std::ranges::stable_sort(open, std::greater{}, [&](std::size_t cell) { return flop_[cell]; });
  std::vector<double> done;
  for (std::size_t cell = 0; cell < flop_.size(); ++cell) {
    done.push_back(1 - static_cast<double>(open_runs(cell)) / options_.runs);
  }
  Job job{.open = open,
          .progress = Progress(options_.observer, flop_, done),
          .threads = threads,
          .peak_tflops = kernels::measure_peak(kernels, pool) / 1e12};
  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < forecast.jobs; ++i) workers.emplace_back([&] { work(job); });
  }
  if (job.failure) std::rethrow_exception(job.failure);
  throw_if_interrupted();
}

void ExperimentRunner::work(Job& job) {
  try {
    while (const std::optional<std::size_t> cell = job.take()) run_cell(*cell, job);
  } catch (const Interruption&) {  // no failure: the others end, too
  } catch (...) {
    job.fail();
  }
}

void ExperimentRunner::run_cell(std::size_t index, Job& job) {
  const auto& [cell, recipe] = options_.cells[index];
  ThreadPool pool(job.threads);
  const Machine machine{.isa = options_.isa,
                        .kernels = kernels::kernels_for(options_.isa),
                        .threads = pool,
                        .version = options_.version,
                        .peak_tflops = job.peak_tflops};
  CellObserver observer(job.progress, index, options_.runs);
  RunSeries series({.recipe = recipe,
                    .dataset = train::dataset_for(recipe, options_.dataset),
                    .machine = machine,
                    .folder = options_.folder / cell.folder,
                    .seed = options_.seed,
                    .runs = options_.runs,
                    .observer = &observer});
  for (int run = 0; run < options_.runs; ++run) {
    observer.begin_run(run);
    series.run(run + 1);
  }
  series.finish();
  {
    const std::lock_guard lock(job.mutex);
    ExperimentDescription description = load_experiment(options_.folder);
    description.runs = options_.runs;
    keep_best_checkpoints(options_.folder, description);
  }
  job.progress.set(index, 1);
  job.progress.finish(cell, series.results());
}

}  // namespace ftl::lab
