// The passes that a plan adds to those of its ops.
#pragma once

#include "engine/cpu/pass.hpp"

namespace ftl::engine {

extern const Pass kLossPass;        // input: the network's output; output: its gradient
extern const Pass kCopyPass;        // input -> output
extern const Pass kAccumulatePass;  // output += input

}  // namespace ftl::engine
