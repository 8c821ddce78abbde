// The convolutions' part of a training plan: for each convolution and direction, the steps that do it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/cpu/plan.hpp"
#include "graph/graph.hpp"
#include "kernels/convolution/convolution.hpp"

namespace ftl::measure {

enum class Direction { forward, backward_data, backward_weights };

// "forward", "backward data", "backward weights"
std::string_view name(Direction direction);

struct ConvolutionPass {
  int node = graph::kNone;
  Direction direction = Direction::forward;
  int segment = 0;  // of the plan
  int step = 0;     // the one with the products, within the segment
  // That step, and before it those that only prepare its operands: patches of pictures.
  engine::Segment steps{};
};

// In the order in which the plan runs them. A direction that the plan leaves out is left out: the weights of
// frozen layers, the data where no earlier layer learns.
std::vector<ConvolutionPass> convolution_passes(const engine::Plan& plan);

// What is done along with the products: "int8" (their operands are rounded), "max-pool", "bias", "unpool",
// "patches"; several are joined with commas.
std::string extras(const graph::Graph& graph, const engine::Plan& plan, const ConvolutionPass& pass);

// A node's convolution as its recipe has it: without pool, and over the pictures themselves where the graph
// convolves their patches.
kernels::ConvolutionGeometry plain_geometry(const graph::Graph& graph, int node);

}  // namespace ftl::measure
