// What the threads of a training step are said to do while a profile is taken: the items of a program, and
// the work around them.
#pragma once

#include <string_view>
#include <vector>

#include "base/activity_recorder.hpp"
#include "graph/graph.hpp"

namespace ftl::engine {

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
std::string_view name(WorkKind kind);

// Work that is not an item of a program.
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
Activity activity(Chore chore, int node = graph::kNone);

// A number for an engine's item: `which` (0 to 255) says what the engine does for a node.
Activity item_activity(int which, int node);

// One piece of a program's work, done for each image block.
struct WorkItem {
  WorkKind kind = WorkKind::elementwise;
  std::string_view name;  // "convolution weights"
  int node = graph::kNone;
  Activity activity = kUnnamed;  // what a recorder sees of it
  double flop = 0;               // of one image, of convolutions only, as Cost::flop counts them
  bool int8 = false;             // multiplies 8-bit integers
  // What is done along with a convolution: "bias", "max-pool", "unpool", "silu".
  std::vector<std::string_view> with{};
};

// Items that run one after the other without all blocks waiting for each other.
struct WorkSegment {
  std::vector<WorkItem> items;
};

// What an activity stands for.
struct Work {
  WorkKind kind = WorkKind::waiting;
  std::string_view name;
  int node = graph::kNone;
};

// Of an activity that is no engine's item: waiting or a chore.
Work work_around(Activity activity);
bool is_item(Activity activity);

}  // namespace ftl::engine
