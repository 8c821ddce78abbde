#include "engine/cpu/work_items.hpp"

#include <algorithm>

#include "base/index.hpp"
#include "engine/cpu/activity.hpp"
#include "engine/cpu/ops/convolution.hpp"
#include "graph/ops/convolution.hpp"

namespace ftl::engine {
namespace {

bool is_trained(const Plan& plan, int parameter) {
  return parameter != graph::kNone && plan.trained[at(parameter)];
}

// What a convolution's step does along with its products.
std::vector<std::string_view> done_along(const graph::ConvolutionOp& convolution, const Plan& plan,
                                         const Step& step) {
  std::vector<std::string_view> with;
  if (step.pass == &kConvolutionPass) {
    if (convolution.bias != graph::kNone) with.emplace_back("bias");
    if (convolution.geometry.pool) with.emplace_back("max-pool");
    if (step.activation != kernels::ActivationKind::identity) with.push_back(kernels::name(step.activation));
  } else if (step.pass == &kConvolutionDataPass) {
    if (convolution.geometry.pool) with.emplace_back("unpool");
  } else if (step.pass == &kConvolutionWeightsPass) {
    if (is_trained(plan, convolution.bias)) with.emplace_back("bias");
  }
  return with;
}

WorkItem item_of(const graph::Graph& graph, const Plan& plan, const Step& step) {
  WorkItem item{.kind = step.pass->kind,
                .name = step.pass->name,
                .node = step.node,
                .activity = activity(*step.pass, step.node),
                .flop = executed_flop(graph, plan, step),
                .int8 = multiplies_int8(graph, plan, step)};
  if (step.node == graph::kNone) return item;
  if (const auto* convolution = graph.nodes[at(step.node)].as<graph::ConvolutionOp>())
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
  const auto add_parameters_of = [&](int node) {
    for (const int parameter : graph.nodes[at(node)].op->parameters()) {
      if (is_trained(plan, parameter)) completed.push_back(parameter);
    }
  };
  for (const int node : segment.backward_sums) add_parameters_of(node);
  for (const Step& step : segment.steps) {
    if (step.pass->sums_in_lanes) add_parameters_of(step.node);
  }
  return completed;
}

bool sums_in_lanes(const Segment& segment) {
  return std::ranges::any_of(segment.steps, [](const Step& step) { return step.pass->sums_in_lanes; });
}

}  // namespace ftl::engine
