#include "engine/cpu/activity.hpp"

namespace ftl::engine {

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

Activity activity(StepKind kind, int node) {
  return item_activity(static_cast<int>(kind), node);
}

}  // namespace ftl::engine
