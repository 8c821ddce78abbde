// What the steps of a plan are said to be while a profile is taken (engine/work.hpp).
#pragma once

#include "engine/cpu/plan.hpp"
#include "engine/work.hpp"

namespace ftl::engine {

WorkKind work_kind(StepKind kind);
Activity activity(StepKind kind, int node);

}  // namespace ftl::engine
