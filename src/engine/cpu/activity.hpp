// What a training step's threads are said to do while a profile is taken: the steps of the plan, and the work
// around them.
#pragma once

#include <optional>
#include <string_view>

#include "base/activity_recorder.hpp"
#include "engine/cpu/plan.hpp"

namespace ftl::engine {

// Work that is not a step of the plan.
enum class Chore {
  weight_packing,      // the weights in bf16 tiles
  finish_statistics,   // a batch norm's sums over blocks, forward or backward
  gradient_reduction,  // weight gradients summed over lanes
  planning,            // when other parameters begin or stop to learn
  epoch_order,         // the order of an epoch's pictures
  selection,           // which of a step's pictures it trains on
  optimizer,
  average,  // of the weights
};

// Kinds of work as a profile sums them up.
enum class WorkKind {
  convolution_forward,
  convolution_data,
  convolution_weights,
  norm,
  pool,
  activation,
  elementwise,
  augmentation,
  patches,
  loss,
  optimizer,
  gradient_reduction,
  weight_packing,
  statistics_finishing,
  preparation,
  waiting,
};

WorkKind work_kind(StepKind kind);
WorkKind work_kind(Chore chore);
std::string_view name(WorkKind kind);
std::string_view name(Chore chore);

Activity activity(StepKind kind, int node);
Activity activity(Chore chore, int node = graph::kNone);

// What an activity stands for; one of step and chore is set, neither for kWaiting.
struct Work {
  WorkKind kind = WorkKind::waiting;
  std::optional<StepKind> step;
  std::optional<Chore> chore;
  int node = graph::kNone;

  std::string_view name() const;
};

// Of any activity but kUnnamed.
Work work(Activity activity);

}  // namespace ftl::engine
