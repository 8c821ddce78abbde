// Learning rates over time, as a factor on a group's learning rate.
#pragma once

#include <cstdint>

namespace ftl::optim {

enum class ScheduleKind { constant, linear, one_cycle, cosine };

// All kinds rise linearly from `start` to 1 over the first `warmup` share of all steps, then go to `end`
// until epoch `until` (0: the end of training) and stay there. constant: stays at 1. linear and one_cycle: a
// straight line (they differ in what a recipe must say: one_cycle wants a warmup). cosine: half a cosine.
struct ScheduleConfig {
  ScheduleKind kind = ScheduleKind::linear;
  double warmup = 0.0;  // share of all steps, in [0, 1)
  double start = 0.0;   // factor at step 0, when warmup > 0
  double end = 0.0;     // factor reached at `until`
  double until = 0.0;   // in epochs; 0: the end of training
};

// Steps of one batch of pictures each.
struct TrainingLength {
  std::int64_t total_steps = 0;
  double steps_per_epoch = 0;
};

// The factor at `step` (0 for the first step; fractional where steps draw more pictures than a batch).
double schedule_factor(const ScheduleConfig& config, const TrainingLength& length, double step);

}  // namespace ftl::optim
