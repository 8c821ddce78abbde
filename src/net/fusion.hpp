// Joins nodes whose ops have one kernel: a convolution with the 2x2 max-pool that follows it, a batch norm
// with the activation that follows it. The pooled convolution then never writes its unpooled output.
#pragma once

#include "net/graph.hpp"

namespace ftl::net {

Graph fuse(Graph graph);

}  // namespace ftl::net
