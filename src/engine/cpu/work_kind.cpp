#include "engine/cpu/work_kind.hpp"

namespace ftl::engine {

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

}  // namespace ftl::engine
