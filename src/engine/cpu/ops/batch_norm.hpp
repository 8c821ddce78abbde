// A batch norm's passes. Between them the batch's sums over blocks are finished into a multiplier and an
// offset a channel (forward) and three coefficients a channel (backward).
#pragma once

#include "engine/cpu/pass.hpp"

namespace ftl::engine {

extern const Pass kStatisticsPass;  // input: its sums, and extremes where integers are wanted
extern const Pass kBatchNormPass;   // input -> output, or integers of it
extern const Pass
    kBatchNormReducePass;              // input, gradient -> output: the gradient before the activation; sums
extern const Pass kBatchNormDataPass;  // input, gradient -> output: the input's gradient

}  // namespace ftl::engine
