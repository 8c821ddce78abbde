// A plan's steps as the items of a program, which profiles and measurements go by.
#pragma once

#include <vector>

#include "engine/cpu/plan.hpp"
#include "engine/work.hpp"

namespace ftl::engine {

// Item by item as the plan's segments have steps.
std::vector<WorkSegment> work_segments(const graph::Graph& graph, const Plan& plan);

// The trained parameters whose gradients are complete after a segment of the plan, and before it were not.
std::vector<int> completed_gradients(const graph::Graph& graph, const Plan& plan, const Segment& segment);

// Whether some of the steps have sums that are kept apart in lanes.
bool sums_in_lanes(const Segment& segment);

}  // namespace ftl::engine
