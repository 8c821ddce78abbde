#include "measure/convolution_pass.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <optional>

#include "base/index.hpp"
#include "graph/ops/convolution.hpp"
#include "graph/ops/patches.hpp"

namespace ftl::measure {
namespace {

using engine::WorkItem;
using engine::WorkKind;

std::optional<Direction> direction_of(const WorkItem& item) {
  if (item.flop == 0) return std::nullopt;  // it sums a bias's gradient and multiplies nothing
  switch (item.kind) {
    case WorkKind::convolution_forward:
      return Direction::forward;
    case WorkKind::convolution_data:
      return Direction::backward_data;
    case WorkKind::convolution_weights:
      return Direction::backward_weights;
    default:
      return std::nullopt;
  }
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

std::vector<ConvolutionPass> convolution_passes(const graph::Graph& graph,
                                                const std::vector<engine::WorkSegment>& segments) {
  std::vector<ConvolutionPass> passes;
  for (std::size_t s = 0; s < segments.size(); ++s) {
    std::map<int, int> patches;  // the item that cuts them, by its node, until a pass has taken it
    const std::vector<WorkItem>& items = segments[s].items;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto index = static_cast<int>(i);
      if (items[i].kind == WorkKind::patches) patches[items[i].node] = index;
      const std::optional<Direction> direction = direction_of(items[i]);
      if (!direction) continue;
      ConvolutionPass pass{.node = items[i].node,
                           .direction = *direction,
                           .with = items[i].with,
                           .int8 = items[i].int8,
                           .part = {.segment = static_cast<int>(s), .alone = true}};
      // The first pass to use them pays.
      if (const auto cut = patches.find(graph.nodes[at(pass.node)].inputs[0]); cut != patches.end()) {
        pass.part.items.push_back(cut->second);
        pass.with.insert(pass.with.begin(), items[at(cut->second)].name);
        patches.erase(cut);
      }
      pass.part.items.push_back(index);
      passes.push_back(std::move(pass));
    }
  }
  return passes;
}

std::string extras(const ConvolutionPass& pass) {
  std::vector<std::string_view> parts = pass.with;
  if (pass.int8) parts.insert(parts.begin(), "int8");
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
