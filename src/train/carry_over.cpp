#include "train/carry_over.hpp"

#include <algorithm>

#include "graph/rewrite/carry_over.hpp"

namespace ftl::train {
namespace {

optim::ParameterState carry_over(const graph::Parameter& before, const optim::ParameterState& state,
                                 const graph::Parameter& after) {
  optim::ParameterState carried{.steps = state.steps, .tensors = {}};
  for (const auto& [name, values] : state.tensors) {
    std::vector<float> fresh(static_cast<std::size_t>(after.elements()));
    carried.tensors.emplace(name, graph::carry_over(before, values, after, std::move(fresh)));
  }
  return carried;
}

}  // namespace

TrainingState carry_over(const graph::Graph& before, const TrainingState& state, const graph::Graph& after) {
  TrainingState carried = state;
  carried.model = graph::carry_over(before, state.model, after, state.seed);
  if (state.average) carried.average = graph::carry_over(before, *state.average, after, state.seed);
  carried.optimizer.clear();
  for (const graph::Parameter& parameter : after.parameters) {
    const auto old = std::ranges::find(before.parameters, parameter.name, &graph::Parameter::name);
    const auto kept = state.optimizer.find(parameter.name);
    if (old == before.parameters.end() || kept == state.optimizer.end()) continue;
    carried.optimizer.emplace(parameter.name, carry_over(*old, kept->second, parameter));
  }
  return carried;
}

}  // namespace ftl::train
