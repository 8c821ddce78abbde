// What a training run reports, while it goes and at its end.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "train/forgetting_record.hpp"

namespace ftl::train {

// One line of the per-epoch table. Accuracies are fractions.
struct EpochRecord {
  int run = 0;            // 0 for the first of --runs
  double epoch = 0;       // epochs finished, 1 after the first; the last may be fractional
  double train_loss = 0;  // mean over the epoch's images, with label smoothing
  double train_accuracy = 0;
  double val_loss = 0;  // plain view, without label smoothing
  double val_accuracy = 0;
  std::optional<double> ema_val_accuracy;
  double total_seconds = 0;  // of training so far, evaluation not counted
};

// Wall-clock seconds of one run.
struct Seconds {
  double load = 0;   // opening the dataset (an import included)
  double init = 0;   // building the plan, initial weights, whitening; of the process that began the run
  double train = 0;  // augmentation, steps, averages
  double eval = 0;   // every evaluation, per epoch and final
  double total = 0;  // load, and from the beginning of the run to its end
  // The part of eval that the evaluation of the final weights took, with the views that the recipe names; NaN
  // where there was none.
  double final_eval = std::numeric_limits<double>::quiet_NaN();
};

struct RunResult {
  std::uint64_t seed = 0;
  bool failed = false;
  std::string failure;        // why, and what to try
  bool interrupted = false;   // ended early by Ctrl-C; figures are of what was done
  double accuracy = 0;        // with the evaluation the recipe names; NaN when interrupted
  double accuracy_plain = 0;  // one view; when interrupted, of the last epoch evaluated, else NaN
  double epochs = 0;          // done
  std::int64_t steps = 0;
  double flop = 0;  // of the convolutions and linear layers in training, as engine::executed_flop counts them
  Seconds seconds;
};

// Told of a run's progress, from the training thread.
class TrainingObserver {
 public:
  virtual ~TrainingObserver() = default;
  // After each training step: steps done of all, and seconds of training so far.
  virtual void on_step(std::int64_t /*done*/, std::int64_t /*total*/, double /*train_seconds*/) {}
  virtual void on_epoch(const EpochRecord& /*record*/) {}
  // After on_epoch, where it is measured.
  virtual void on_forgetting(const ForgettingRecord& /*record*/) {}
};

}  // namespace ftl::train
