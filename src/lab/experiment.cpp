#include "lab/experiment.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "data/derived_dataset.hpp"
#include "engine/make_engine.hpp"
#include "lab/run_record.hpp"
#include "run/model_file.hpp"
#include "run/training_state_file.hpp"
#include "train/training_state.hpp"

namespace ftl::lab {
namespace {

using train::RunResult;
using train::Trainer;
using train::TrainingState;

// The fold that it is evaluated on; nothing without cross-validation.
std::optional<int> fold_of_run(const ExperimentOptions& options, int index) {
  if (options.folds == 0) return std::nullopt;
  return index % options.folds;
}

data::Dataset dataset_of_run(const ExperimentOptions& options, int index) {
  const std::optional<int> fold = fold_of_run(options, index);
  if (!fold) return options.dataset;
  return data::leave_out(options.dataset, {.folds = options.folds, .left_out = *fold});
}

std::uint64_t seed_of_run(const ExperimentOptions& options, int index) {
  const int runs_of_a_seed = std::max(options.folds, 1);
  return options.seed + static_cast<std::uint64_t>(index / runs_of_a_seed);
}

// One run's files and how it is taken up again.
class Run {
 public:
  Run(const ExperimentOptions& options, int index)
      : options_(options),
        index_(index),
        seed_(seed_of_run(options, index)),
        state_path_(options.directory.training_state_path(index)),
        record_path_(options.directory.result_path(index)) {}

  // Throws InputError where it cannot be resumed.
  void check() const {
    if (!finished()) saved_state();
  }

  // Of the run as it was finished before, else as it is trained now. Nothing when Ctrl-C came before its
  // first step.
  std::optional<RunResult> result() const {
    if (std::optional<RunResult> record = finished()) return record;
    try {
      return train();
    } catch (const Interruption&) {
      return std::nullopt;
    }
  }

 private:
  std::optional<RunResult> finished() const {
    if (!options_.resume) return std::nullopt;
    std::optional<RunResult> record = load_run_record(record_path_);
    if (record && record->seed != seed_) {
      throw InputError("{}: is of a run with seed {}, not {}; resume with the same --seed",
                       record_path_.string(), record->seed, seed_);
    }
    return record;
  }

  RunResult train() const {
    const data::Dataset dataset = dataset_of_run(options_, index_);
    const std::optional<TrainingState> state = saved_state();
    RunObserver observer(options_, seed_);
    const auto engine = engine::make_engine(engine::kCpu, options_.kernels, options_.threads);
    Trainer* current = nullptr;
    Trainer trainer({.recipe = options_.recipe,
                     .dataset = dataset,
                     .engine = *engine,
                     .seed = seed_,
                     .run = index_,
                     .observer = &observer,
                     .forgetting = options_.forgetting,
                     .resume = state ? &*state : nullptr,
                     .save_state = [&](const TrainingState& now) {
                       run::save_training_state(state_path_, now, current->graph(), options_.recipe);
                     }});
    current = &trainer;
    options_.directory.begin_run(index_, seed_, fold_of_run(options_, index_));
    const RunResult result = trainer.run();
    save(trainer, result);
    return result;
  }

  // Passes records on, and into the run directory.
  class RunObserver final : public train::TrainingObserver {
   public:
    RunObserver(const ExperimentOptions& options, std::uint64_t seed) : options_(options), seed_(seed) {}
    void on_step(std::int64_t done, std::int64_t total, double seconds) override {
      if (options_.observer != nullptr) options_.observer->on_step(done, total, seconds);
    }
    void on_epoch(const train::EpochRecord& record) override {
      options_.directory.add_epoch(record, seed_);
      if (options_.observer != nullptr) options_.observer->on_epoch(record);
    }
    void on_forgetting(const train::ForgettingRecord& record) override {
      options_.directory.add_forgetting(record, seed_);
      if (options_.observer != nullptr) options_.observer->on_forgetting(record);
    }

   private:
    const ExperimentOptions& options_;
    std::uint64_t seed_;
  };

  std::optional<TrainingState> saved_state() const {
    if (!options_.resume || !std::filesystem::exists(state_path_)) return std::nullopt;
    const data::PictureSize pictures = options_.dataset.train.size();
    const graph::Graph graph = graph::build_graph(
        options_.recipe.network, {pictures.height, pictures.width, options_.dataset.classes()});
    return run::load_training_state(state_path_, graph, options_.recipe, seed_);
  }

  void save(const Trainer& trainer, const RunResult& result) const {
    if (!result.failed) {
      run::save_checkpoint(
          options_.directory.checkpoint_path(index_),
          run::model_checkpoint(trainer.model(), trainer.graph(), options_.recipe, options_.dataset));
    }
    if (result.interrupted) return;
    options_.directory.end_run(index_, result);
    save_run_record(record_path_, result);
    std::filesystem::remove(state_path_);
  }

  const ExperimentOptions& options_;
  int index_;
  std::uint64_t seed_;
  std::filesystem::path state_path_;
  std::filesystem::path record_path_;
};

}  // namespace

void check_resumed_runs(const ExperimentOptions& options) {
  for (int index = 0; index < options.runs; ++index) Run(options, index).check();
}

std::vector<RunResult> run_experiment(const ExperimentOptions& options) {
  std::vector<RunResult> results;
  bool published = false;
  for (int index = 0; index < options.runs && !interrupted(); ++index) {
    std::optional<RunResult> result = Run(options, index).result();
    if (!result) break;
    if (index == 0) {
      result->seconds.load = options.load_seconds;
      result->seconds.total += options.load_seconds;
    }
    if (!published && !result->failed) published = options.directory.publish_checkpoint(index);
    results.push_back(std::move(*result));
  }
  return results;
}

}  // namespace ftl::lab
