// Learning rates over time, as a factor on a group's learning rate.
#pragma once

#include <cstdint>

#include "base/keys.hpp"

namespace ftl::optim {

enum class ScheduleKind { constant, linear, cosine };

// All kinds rise linearly from `start` to 1 over the first `warmup` share of all steps, then go to `end`
// until epoch `until` (0: the end of training) and stay there. constant: stays at 1. linear: a straight line.
// cosine: half a cosine.
struct ScheduleConfig {
  ScheduleKind kind = ScheduleKind::linear;
  double warmup = 0.0;  // share of all steps, in [0, 1)
  double start = 0.0;   // factor at step 0, when warmup > 0
  double end = 0.0;     // factor reached at `until`
  double until = 0.0;   // in epochs; 0: the end of training

  void keys(Keys& keys);
  friend bool operator==(const ScheduleConfig&, const ScheduleConfig&) = default;
};

// Steps of one batch of pictures each.
struct TrainingLength {
  std::int64_t total_steps = 0;
  double steps_per_epoch = 0;
};

// The factor at `step` (0 for the first step; fractional where steps draw more pictures than a batch).
double schedule_factor(const ScheduleConfig& config, const TrainingLength& length, double step);

}  // namespace ftl::optim
