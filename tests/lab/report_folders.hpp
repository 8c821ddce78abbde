// Run directories and experiments as ftl leaves them, without the training.
#pragma once

#include <array>
#include <cmath>

#include "base/file.hpp"
#include "lab/comparison.hpp"
#include "lab/experiment_folder.hpp"
#include "lab/run_record.hpp"
#include "lab/scaling_study.hpp"
#include "lab/summary.hpp"
#include "run/run_directory.hpp"
#include "support/temporary_folder.hpp"

namespace ftl::lab::report {

struct FakeRun {
  std::string recipe = "airbench94";
  std::string dataset = "pictures.tar";
  std::vector<double> accuracies = {0.9, 0.92};  // a run each, seeds 0, 1, ...
  double train_seconds = 10;
  int epochs = 3;
  double flop = 1e12;
  bool forgetting = false;
};

// The loss grows by 0.1 with each tenth of an epoch; cats are forgotten, dogs are not.
inline train::ForgettingRecord fake_forgetting(int run, int epoch) {
  train::ForgettingRecord record;
  record.run = run;
  record.epoch = epoch;
  for (std::size_t bin = 0; bin < record.by_age.size(); ++bin) {
    const double share = static_cast<double>(bin) / 10;
    record.by_age[bin] = {100, 1.0 / epoch + run + share, 0.9 - share / 2};
  }
  record.by_class = {{"dog", {500, 1, 0.8}, {250, 1, 0.8}, {250, 1, 0.8}},
                     {"cat", {500, 2, 0.7}, {250, 1, 0.9}, {250, 3, 0.5}}};
  record.unseen = {50, 4, 0.25};
  return record;
}

// Epoch e of 3 is at e thirds of the final accuracy and time.
inline void write_run(const std::filesystem::path& folder, const FakeRun& fake) {
  const int runs = static_cast<int>(fake.accuracies.size());
  run::RunDirectory directory(
      {.folder = folder,
       .runs = runs,
       .recipe = "name = \"" + fake.recipe + "\"\n",
       .environment = {"A CPU", Isa::avx2, 3, "a compiler", "1.2.3", "an OS", "digest of " + fake.dataset}});
  std::vector<train::RunResult> results;
  for (int run = 0; run < runs; ++run) {
    const double accuracy = fake.accuracies[static_cast<std::size_t>(run)];
    for (int epoch = 1; epoch <= fake.epochs; ++epoch) {
      const double share = static_cast<double>(epoch) / fake.epochs;
      train::EpochRecord record;
      record.run = run;
      record.epoch = epoch;
      record.train_loss = 2 - share;
      record.val_loss = 2.5 - share;
      record.train_accuracy = share;
      record.val_accuracy = share * accuracy;
      record.total_seconds = share * fake.train_seconds;
      directory.add_epoch(record, static_cast<std::uint64_t>(run));
      if (fake.forgetting) {
        directory.add_forgetting(fake_forgetting(run, epoch), static_cast<std::uint64_t>(run));
      }
    }
    train::RunResult& result = results.emplace_back();
    result.seed = static_cast<std::uint64_t>(run);
    result.accuracy = accuracy;
    result.accuracy_plain = accuracy - 0.01;
    result.epochs = fake.epochs;
    result.flop = fake.flop;
    result.seconds = {0.5, 0.25, fake.train_seconds, 1, fake.train_seconds + 1.75};
    save_run_record(directory.result_path(run), result);
  }
  RunSettings settings;
  settings.recipe = fake.recipe;
  settings.dataset = fake.dataset;
  settings.runs = runs;
  settings.batch = 64;
  settings.peak_tflops = 2;
  directory.write_summary(to_json(summarize(settings, results)));
}

// Two by three cells, of which the last is not begun; accuracies rise with the index.
inline ExperimentDescription write_sweep(const std::filesystem::path& folder) {
  ExperimentDescription plan{.kind = "sweep", .recipe = "airbench94", .dataset = "digest", .runs = 2};
  plan.axes = {{"train.batch", "batch", {"64", "128"}, false},
               {"optimizer.lr", "lr", {"0.1", "1", "10"}, true}};
  for (int cell = 0; cell < 6; ++cell) {
    const std::string batch = plan.axes[0].values[static_cast<std::size_t>(cell / 3)];
    const std::string lr = plan.axes[1].values[static_cast<std::size_t>(cell % 3)];
    plan.cells.push_back({.name = "batch=" + batch + " lr=" + lr,
                          .folder = cell_folder(static_cast<std::size_t>(cell)),
                          .settings = {{"train.batch", batch}, {"optimizer.lr", lr}},
                          .coordinates = {cell / 3, cell % 3}});
  }
  begin_experiment(folder, plan);
  for (std::size_t cell = 0; cell < 5; ++cell) {
    const double accuracy = 0.8 + 0.01 * static_cast<double>(cell);
    write_run(folder / plan.cells[cell].folder, {.accuracies = {accuracy, accuracy + 0.01}});
  }
  return plan;
}

// Over one axis, close together but declared as ratios.
inline void write_rates(const std::filesystem::path& folder) {
  ExperimentDescription plan{.kind = "sweep", .recipe = "airbench94", .dataset = "digest", .runs = 2};
  plan.axes = {{"optimizer.lr", "lr", {"0.1", "0.2", "0.4"}, true}};
  for (int cell = 0; cell < 3; ++cell) {
    const std::string lr = plan.axes[0].values[static_cast<std::size_t>(cell)];
    plan.cells.push_back({.name = "lr=" + lr,
                          .folder = cell_folder(static_cast<std::size_t>(cell)),
                          .settings = {{"optimizer.lr", lr}},
                          .coordinates = {cell}});
  }
  begin_experiment(folder, plan);
  for (const ExperimentCell& cell : plan.cells) write_run(folder / cell.folder, {.accuracies = {0.8, 0.9}});
}

// The full recipe at 90 and 92 %, and two tricks left out: 1 point worse at both seeds, the same.
inline void write_ablation(const std::filesystem::path& folder, const std::string& kind = kAblationKind) {
  ExperimentDescription plan{.kind = kind, .recipe = "airbench94", .dataset = "digest", .runs = 2};
  const char* names[] = {"full recipe", "flip", "whitening"};
  for (std::size_t cell = 0; cell < 3; ++cell) {
    plan.cells.push_back({.name = names[cell], .folder = cell_folder(cell), .baseline = cell == 0});
  }
  begin_experiment(folder, plan);
  write_run(folder / cell_folder(0), {.accuracies = {0.90, 0.92}, .train_seconds = 10});
  write_run(folder / cell_folder(1), {.accuracies = {0.89, 0.91}, .train_seconds = 8});
  write_run(folder / cell_folder(2), {.accuracies = {0.90, 0.92}, .train_seconds = 12});
}

// Two settings with the same seeds: 90 and 93 %, 89 and 91 %.
inline void write_comparison(const std::filesystem::path& folder) {
  ExperimentDescription plan{.kind = kCompareKind, .recipe = "airbench94", .dataset = "digest", .runs = 2};
  for (std::size_t cell = 0; cell < 2; ++cell) {
    plan.cells.push_back({.name = cell == 0 ? "a" : "b", .folder = cell_folder(cell), .baseline = cell == 0});
  }
  begin_experiment(folder, plan);
  write_run(folder / cell_folder(0), {.accuracies = {0.90, 0.93}});
  write_run(folder / cell_folder(1), {.accuracies = {0.89, 0.91}});
}

// Two widths by two lengths, with these errors in the order of their compute.
inline void write_scaling_study(const std::filesystem::path& folder,
                                const std::array<double, 4>& errors = {0.15, 0.1, 0.075, 0.0625}) {
  ExperimentDescription plan{.kind = kScaleKind, .recipe = "airbench94", .dataset = "digest", .runs = 1};
  plan.axes = {{kWidthKey, "width", {"0.5", "1"}, false}, {kEpochsKey, "epochs", {"2", "4"}, false}};
  plan.cells = scale_cells(plan.axes);
  begin_experiment(folder, plan);
  for (std::size_t cell = 0; cell < 4; ++cell) {
    write_run(folder / plan.cells[cell].folder,
              {.accuracies = {1 - errors[cell]}, .flop = 1e12 * std::pow(4.0, static_cast<double>(cell))});
  }
}

}  // namespace ftl::lab::report
