// The pass that makes patches of pictures.
#pragma once

#include "engine/cpu/pass.hpp"

namespace ftl::engine {

extern const Pass kPatchesPass;  // input: pictures -> output

}  // namespace ftl::engine
