// The convolutions' part of a training program: for each convolution and direction, the work that does it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.hpp"
#include "graph/graph.hpp"
#include "kernels/convolution/convolution.hpp"

namespace ftl::measure {

enum class Direction { forward, backward_data, backward_weights };

// "forward", "backward data", "backward weights"
std::string_view name(Direction direction);

struct ConvolutionPass {
  int node = graph::kNone;
  Direction direction = Direction::forward;
  std::vector<std::string_view> with;  // what is done along with the products: engine::WorkItem, "patches"
  bool int8 = false;                   // multiplies 8-bit integers
  // The item with the products, and before it those that only prepare its operands: patches of pictures.
  engine::Part part{};
};

// In the order in which a training program runs them. A direction that it leaves out is left out: the weights
// of frozen layers, the data where no earlier layer learns.
std::vector<ConvolutionPass> convolution_passes(const graph::Graph& graph,
                                                const std::vector<engine::WorkSegment>& segments);

// What is done along with the products: "int8" (their operands are rounded), "max-pool", "bias", "unpool",
// "patches"; several are joined with commas.
std::string extras(const ConvolutionPass& pass);

// A node's convolution as its recipe has it: without pool, and over the pictures themselves where the graph
// convolves their patches.
kernels::ConvolutionGeometry plain_geometry(const graph::Graph& graph, int node);

}  // namespace ftl::measure
