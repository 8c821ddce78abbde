// Takes a profile: training steps as a run makes them, with and without a recorder in turn.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "data/dataset.hpp"
#include "lab/profile.hpp"
#include "lab/statistics.hpp"
#include "train/trainer.hpp"

namespace ftl::lab {

struct ProfilerOptions {
  const recipe::Recipe& recipe;
  const data::Dataset& dataset;
  engine::Engine& engine;
  std::uint64_t seed = 0;
  int steps = 20;    // recorded; as many are taken without the recorder, and two before all
  double epoch = 0;  // where in the training to begin; at its end it goes on from there again
  std::function<void(std::int64_t done, std::int64_t total)> progress;  // in steps; may be empty
};

struct StepProfile {
  Recording recording;
  std::int64_t batch = 0;  // pictures of a step
  // Of each step; the i-th ones follow each other, either first in turn.
  std::vector<double> recorded_seconds;
  std::vector<double> plain_seconds;

  // By what fraction the recorder makes a step longer: the median over such pairs.
  Median recording_cost() const;
};

class StepProfiler {
 public:
  // Throws InputError when recipe and dataset do not fit together.
  explicit StepProfiler(const ProfilerOptions& options);

  // Once. Throws RunError when the loss is not finite any more, Interruption after Ctrl-C.
  StepProfile run();

 private:
  double take_step(ActivityRecorder* recorder = nullptr);  // returns its seconds
  bool train_step(ActivityRecorder* recorder);
  void record_step(ActivityRecorder& recorder);

  ProfilerOptions options_;
  train::Trainer trainer_;
  StepProfile result_;
  std::int64_t done_ = 0;
};

}  // namespace ftl::lab
