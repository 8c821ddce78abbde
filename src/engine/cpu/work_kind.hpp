// Kinds of work as a profile sums them up.
#pragma once

#include <string_view>

namespace ftl::engine {

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

}  // namespace ftl::engine
