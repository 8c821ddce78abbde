#include "engine/cpu/activity.hpp"

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

WorkKind work_kind(StepKind kind) {
  switch (kind) {
    case StepKind::pictures:
      return WorkKind::augmentation;
    case StepKind::patches:
      return WorkKind::patches;
    case StepKind::convolution:
      return WorkKind::convolution_forward;
    case StepKind::convolution_data:
      return WorkKind::convolution_data;
    case StepKind::convolution_weights:
      return WorkKind::convolution_weights;
    case StepKind::statistics:
    case StepKind::batch_norm:
    case StepKind::batch_norm_reduce:
    case StepKind::batch_norm_data:
      return WorkKind::norm;
    case StepKind::pool:
    case StepKind::pool_data:
      return WorkKind::pool;
    case StepKind::activation:
    case StepKind::activation_data:
      return WorkKind::activation;
    case StepKind::multiply:
    case StepKind::multiply_data:
    case StepKind::add:
    case StepKind::accumulate:
    case StepKind::copy:
      return WorkKind::elementwise;
    case StepKind::loss:
      return WorkKind::loss;
  }
  return {};
}

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

Activity activity(StepKind kind, int node) {
  return encode(static_cast<Activity>(kind), node);
}

Activity activity(Chore chore, int node) {
  return encode(static_cast<Activity>(chore) | kChoreBit, node);
}

Work work(Activity activity) {
  if (activity == kWaiting) return {};
  Work work;
  work.node = static_cast<int>(activity >> kNodeShift) - 1;
  const auto which = static_cast<int>(activity & kWhich);
  if ((activity & kChoreBit) != 0) {
    work.chore = static_cast<Chore>(which);
    work.kind = work_kind(*work.chore);
  } else {
    work.step = static_cast<StepKind>(which);
    work.kind = work_kind(*work.step);
  }
  return work;
}

std::string_view Work::name() const {
  if (step) return engine::name(*step);
  return chore ? engine::name(*chore) : engine::name(kind);
}

}  // namespace ftl::engine
