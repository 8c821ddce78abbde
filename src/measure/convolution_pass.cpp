#include "measure/convolution_pass.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "base/index.hpp"
#include "engine/cpu/ops/convolution.hpp"
#include "engine/cpu/ops/patches.hpp"
#include "graph/ops/convolution.hpp"
#include "graph/ops/patches.hpp"

namespace ftl::measure {
namespace {

using engine::Step;

std::optional<Direction> direction_of(const Step& step) {
  if (step.pass == &engine::kConvolutionPass) return Direction::forward;
  if (step.pass == &engine::kConvolutionDataPass) return Direction::backward_data;
  // Without input it sums a bias's gradient and multiplies nothing.
  if (step.pass == &engine::kConvolutionWeightsPass && step.input() != graph::kNone)
    return Direction::backward_weights;
  return std::nullopt;
}

bool prepares(const Step& step) {
  return step.pass == &engine::kPatchesPass;
}

// Moves the steps whose result `products` reads from `prepared` to `steps`: the first pass to use them pays.
void take_preparation(const Step& products, std::vector<Step>& prepared, std::vector<Step>& steps) {
  const auto is_operand = [&](const Step& step) { return step.output() == products.input(); };
  std::ranges::copy_if(prepared, std::back_inserter(steps), is_operand);
  std::erase_if(prepared, is_operand);
}

}  // namespace

std::string_view name(Direction direction) {
  switch (direction) {
    case Direction::forward:
      return "forward";
    case Direction::backward_data:
      return "backward data";
    case Direction::backward_weights:
      return "backward weights";
  }
  return "unknown";
}

std::vector<ConvolutionPass> convolution_passes(const engine::Plan& plan) {
  std::vector<ConvolutionPass> passes;
  for (std::size_t s = 0; s < plan.segments.size(); ++s) {
    std::vector<Step> prepared;
    const std::vector<Step>& steps = plan.segments[s].steps;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (prepares(steps[i])) prepared.push_back(steps[i]);
      const std::optional<Direction> direction = direction_of(steps[i]);
      if (!direction) continue;
      ConvolutionPass pass{.node = steps[i].node,
                           .direction = *direction,
                           .segment = static_cast<int>(s),
                           .step = static_cast<int>(i)};
      take_preparation(steps[i], prepared, pass.steps.steps);
      pass.steps.steps.push_back(steps[i]);
      pass.steps.sums_in_lanes = direction == Direction::backward_weights;
      passes.push_back(std::move(pass));
    }
  }
  return passes;
}

std::string extras(const graph::Graph& graph, const engine::Plan& plan, const ConvolutionPass& pass) {
  const auto& convolution = *graph.nodes[at(pass.node)].as<graph::ConvolutionOp>();
  std::vector<std::string_view> parts;
  if (engine::multiplies_int8(graph, plan, pass.steps.steps.back())) parts.emplace_back("int8");
  for (const Step& step : pass.steps.steps) {
    if (prepares(step)) parts.push_back(step.pass->name);
  }
  const bool has_bias = convolution.bias != graph::kNone;
  if (pass.direction == Direction::forward) {
    if (has_bias) parts.emplace_back("bias");
    if (convolution.geometry.pool) parts.emplace_back("max-pool");
    const kernels::ActivationKind activation = pass.steps.steps.back().activation;
    if (activation != kernels::ActivationKind::identity) parts.push_back(kernels::name(activation));
  } else if (pass.direction == Direction::backward_data) {
    if (convolution.geometry.pool) parts.emplace_back("unpool");
  } else {
    if (has_bias && plan.trained[at(convolution.bias)]) parts.emplace_back("bias");
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

kernels::ConvolutionGeometry plain_geometry(const graph::Graph& graph, int node) {
  kernels::ConvolutionGeometry geometry = graph.nodes[at(node)].as<graph::ConvolutionOp>()->geometry;
  geometry.pool = false;
  const auto* patches = graph.nodes[at(graph.nodes[at(node)].inputs[0])].as<graph::PatchesOp>();
  if (patches == nullptr) return geometry;
  const kernels::PatchesGeometry& window = patches->geometry;
  const Shape pictures{window.channels, window.height, window.width};
  if (window.out() == pictures) return geometry;  // only laid out, not cut into windows
  return {.in = pictures,
          .out = geometry.out,
          .kernel_height = window.kernel_height,
          .kernel_width = window.kernel_width,
          .stride = window.stride,
          .pad = window.pad};
}

}  // namespace ftl::measure
