// What a training step's threads are said to do while a profile is taken: the passes of a plan's steps, and
// the work around them.
#pragma once

#include <optional>
#include <string_view>

#include "base/activity_recorder.hpp"
#include "engine/cpu/pass.hpp"
#include "engine/cpu/work_kind.hpp"

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

WorkKind work_kind(Chore chore);
std::string_view name(Chore chore);

Activity activity(const Pass& pass, int node);
Activity activity(Chore chore, int node = graph::kNone);

// What an activity stands for; one of pass and chore is set, neither for kWaiting.
struct Work {
  WorkKind kind = WorkKind::waiting;
  const Pass* pass = nullptr;
  std::optional<Chore> chore;
  int node = graph::kNone;

  std::string_view name() const;
};

// Of any activity but kUnnamed.
Work work(Activity activity);

}  // namespace ftl::engine
