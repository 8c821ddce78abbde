#include "engine/cpu/work_items.hpp"

#include <algorithm>

#include "base/index.hpp"
#include "engine/cpu/activity.hpp"

namespace ftl::engine {
namespace {

bool is_trained(const Plan& plan, int parameter) {
  return parameter != graph::kNone && plan.trained[at(parameter)];
}

// What a convolution's step does along with its products.
std::vector<std::string_view> done_along(const graph::ConvolutionNode& convolution, const Plan& plan,
                                         const Step& step) {
  std::vector<std::string_view> with;
  switch (step.kind) {
    case StepKind::convolution:
      if (convolution.bias != graph::kNone) with.emplace_back("bias");
      if (convolution.geometry.pool) with.emplace_back("max-pool");
      if (step.activation != kernels::ActivationKind::identity)
        with.push_back(kernels::name(step.activation));
      break;
    case StepKind::convolution_data:
      if (convolution.geometry.pool) with.emplace_back("unpool");
      break;
    case StepKind::convolution_weights:
      if (is_trained(plan, convolution.bias)) with.emplace_back("bias");
      break;
    default:
      break;
  }
  return with;
}

WorkItem item_of(const graph::Graph& graph, const Plan& plan, const Step& step) {
  WorkItem item{.kind = work_kind(step.kind),
                .name = name(step.kind),
                .node = step.node,
                .activity = activity(step.kind, step.node),
                .flop = executed_flop(graph, plan, step),
                .int8 = multiplies_int8(graph, plan, step)};
  if (step.node == graph::kNone) return item;
  if (const auto* convolution = graph.nodes[at(step.node)].as<graph::ConvolutionNode>())
    item.with = done_along(*convolution, plan, step);
  return item;
}

}  // namespace

std::vector<WorkSegment> work_segments(const graph::Graph& graph, const Plan& plan) {
  std::vector<WorkSegment> segments;
  for (const Segment& segment : plan.segments) {
    WorkSegment& items = segments.emplace_back();
    for (const Step& step : segment.steps) items.items.push_back(item_of(graph, plan, step));
  }
  return segments;
}

std::vector<int> completed_gradients(const graph::Graph& graph, const Plan& plan, const Segment& segment) {
  std::vector<int> completed;
  const auto add = [&](int parameter) {
    if (is_trained(plan, parameter)) completed.push_back(parameter);
  };
  for (const int node : segment.backward_sums) {
    const auto& norm = *graph.nodes[at(node)].as<graph::BatchNormNode>();
    add(norm.scale);
    add(norm.bias);
  }
  for (const Step& step : segment.steps) {
    if (step.kind != StepKind::convolution_weights) continue;
    const auto& convolution = *graph.nodes[at(step.node)].as<graph::ConvolutionNode>();
    add(convolution.weight);
    add(convolution.bias);
  }
  return completed;
}

bool sums_weights(const Segment& segment) {
  return std::ranges::any_of(segment.steps,
                             [](const Step& step) { return step.kind == StepKind::convolution_weights; });
}

}  // namespace ftl::engine
