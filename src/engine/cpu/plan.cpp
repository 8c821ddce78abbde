#include "engine/cpu/plan.hpp"

#include "engine/cpu/planner.hpp"

namespace ftl::engine {

double executed_flop(const graph::Graph& graph, const Plan& plan, const Step& step) {
  return step.pass->flop == nullptr ? 0 : step.pass->flop(graph, plan, step);
}

Plan plan_training(const graph::Graph& graph, const std::vector<bool>& trained) {
  return Planner(graph, trained, true).plan();
}

Plan plan_inference(const graph::Graph& graph) {
  return Planner(graph, std::vector<bool>(graph.parameters.size(), false), false).plan();
}

}  // namespace ftl::engine
