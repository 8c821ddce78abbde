// A pass: one of the ways in which an op goes over an image block. Each op's passes stand in its file in
// engine/cpu/ops/.
#pragma once

#include <string_view>

#include "engine/work.hpp"
#include "graph/graph.hpp"

namespace ftl::engine {

struct Plan;
struct Step;
class StepRunner;

struct Pass {
  std::string_view name;  // as a profile shows it: "convolution data"
  WorkKind kind;          // what a profile counts it as
  void (*run)(StepRunner& runner, const Step& step);
  // Whether it adds to sums over blocks that are kept apart in lanes (NodeState::reduce).
  bool sums_in_lanes = false;
  // Operations of a step for one image as engine::executed_flop counts them; null where none are counted.
  double (*flop)(const graph::Graph& graph, const Plan& plan, const Step& step) = nullptr;
};

}  // namespace ftl::engine
