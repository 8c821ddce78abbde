// What a network has learned, for another that was made from it by edits (graph/rewrite/layers.hpp).
#pragma once

#include <cstdint>
#include <vector>

#include "graph/model.hpp"

namespace ftl::graph {

// A parameter's values after an edit: each channel that both have keeps its place in its group and its
// values, further ones have `fresh` values. Where window or groups differ, all are `fresh`; depthwise ones
// (one input and output a group) may differ in their number of groups, which are their channels. All in
// memory order.
std::vector<float> carry_over(const Parameter& before, const std::vector<float>& values,
                              const Parameter& after, std::vector<float> fresh);

// The model of `after`: parameters and running statistics are those of the same name in `before`, as above,
// and as initialise(after, seed) makes them where there are none.
Model carry_over(const Graph& before, const Model& model, const Graph& after, std::uint64_t seed);

}  // namespace ftl::graph
