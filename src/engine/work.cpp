#include "engine/work.hpp"

namespace ftl::engine {
namespace {

// node + 1 | 1 bit: chore | 8 bits: which
constexpr int kNodeShift = 9;
constexpr Activity kChoreBit = 1 << 8;
constexpr Activity kWhich = kChoreBit - 1;

Activity encode(Activity which, int node) {
  return (Activity{node} + 1) << kNodeShift | which;
}

}  // namespace

WorkKind work_kind(Chore chore) {
  switch (chore) {
    case Chore::weight_packing:
      return WorkKind::weight_packing;
    case Chore::finish_statistics:
      return WorkKind::statistics_finishing;
    case Chore::gradient_reduction:
      return WorkKind::gradient_reduction;
    case Chore::planning:
    case Chore::epoch_order:
    case Chore::selection:
      return WorkKind::preparation;
    case Chore::optimizer:
    case Chore::average:
      return WorkKind::optimizer;
  }
  return {};
}

std::string_view name(WorkKind kind) {
  switch (kind) {
    case WorkKind::convolution_forward:
      return "convolution forward";
    case WorkKind::convolution_data:
      return "convolution data";
    case WorkKind::convolution_weights:
      return "convolution weights";
    case WorkKind::norm:
      return "norm";
    case WorkKind::pool:
      return "pool";
    case WorkKind::activation:
      return "activation";
    case WorkKind::elementwise:
      return "elementwise";
    case WorkKind::augmentation:
      return "augmentation";
    case WorkKind::patches:
      return "patches";
    case WorkKind::loss:
      return "loss";
    case WorkKind::optimizer:
      return "optimizer";
    case WorkKind::gradient_reduction:
      return "gradient reduction";
    case WorkKind::weight_packing:
      return "weight packing";
    case WorkKind::statistics_finishing:
      return "statistics finishing";
    case WorkKind::preparation:
      return "preparation";
    case WorkKind::waiting:
      return "waiting";
  }
  return {};
}

std::string_view name(Chore chore) {
  switch (chore) {
    case Chore::weight_packing:
      return "weight packing";
    case Chore::finish_statistics:
      return "finish statistics";
    case Chore::gradient_reduction:
      return "gradient reduction";
    case Chore::planning:
      return "planning";
    case Chore::epoch_order:
      return "epoch order";
    case Chore::selection:
      return "selection";
    case Chore::optimizer:
      return "optimizer";
    case Chore::average:
      return "average of weights";
  }
  return {};
}

Activity activity(Chore chore, int node) {
  return encode(static_cast<Activity>(chore) | kChoreBit, node);
}

Activity item_activity(int which, int node) {
  return encode(which, node);
}

bool is_item(Activity activity) {
  return activity >= 0 && (activity & kChoreBit) == 0;
}

Work work_around(Activity activity) {
  if (activity == kWaiting) return {.kind = WorkKind::waiting, .name = name(WorkKind::waiting)};
  const auto chore = static_cast<Chore>(activity & kWhich);
  return {
      .kind = work_kind(chore), .name = name(chore), .node = static_cast<int>(activity >> kNodeShift) - 1};
}

}  // namespace ftl::engine
