// Which nodes share a kernel. All of it follows from who takes whose value, never from the order of nodes.
//
// Some are joined for good: a convolution with the 2x2 max-pool that alone takes its value, a batch norm with
// the activation that alone does. The pooled convolution then never writes its unpooled output. Others are
// joined where an engine finds that it can, which depends on what learns: those it asks for by edge.
#pragma once

#include "graph/graph.hpp"

namespace ftl::graph {

// Joins what is joined for good.
Graph fuse(Graph graph);

// The node that alone takes a node's value, as its only input; kNone where there is no such node.
class OnlyConsumers {
 public:
  explicit OnlyConsumers(const Graph& graph);
  int of(int node) const { return consumers_[static_cast<std::size_t>(node)]; }

 private:
  std::vector<int> consumers_;
};

// The activation that a convolution can apply to its results before it writes them; kNone where there is
// none.
int applied_activation(const Graph& graph, const OnlyConsumers& consumers, int convolution);

// The convolution that multiplies a batch norm's value as 8-bit integers, which the norm can write at once;
// kNone where there is none.
int taker_of_integers(const Graph& graph, const OnlyConsumers& consumers, int norm);

}  // namespace ftl::graph
