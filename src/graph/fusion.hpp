// Joins nodes whose ops have one kernel: a convolution with the 2x2 max-pool that follows it, a batch norm
// with the activation that follows it. The pooled convolution then never writes its unpooled output.
#pragma once

#include "graph/graph.hpp"

namespace ftl::graph {

Graph fuse(Graph graph);

}  // namespace ftl::graph
