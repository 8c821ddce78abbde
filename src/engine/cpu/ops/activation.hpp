// The passes of an activation that has steps of its own.
#pragma once

#include "engine/cpu/pass.hpp"

namespace ftl::engine {

extern const Pass kActivationPass;      // input -> output
extern const Pass kActivationDataPass;  // input, gradient -> output: the input's gradient

}  // namespace ftl::engine
