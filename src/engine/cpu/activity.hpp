// What the steps of a plan are said to be while a profile is taken (engine/work.hpp).
#pragma once

#include "engine/cpu/pass.hpp"
#include "engine/work.hpp"

namespace ftl::engine {

Activity activity(const Pass& pass, int node);

}  // namespace ftl::engine
