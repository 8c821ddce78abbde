// What an executor keeps for a node of its graph between the steps of a plan.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/cpu/plan.hpp"
#include "graph/model.hpp"
#include "kernels/registry.hpp"

namespace ftl::engine {

// The batch in work.
struct BatchExtent {
  std::int64_t images = 0;
  int blocks = 0;
  int lanes = 0;
};

// What a node's memory is made for.
struct NodeContext {
  const graph::Graph& graph;
  const Plan& plan;
  const kernels::Kernels& kernels;
  int node = 0;
  std::vector<const Step*> steps;  // the node's, of all segments
  BatchExtent largest;             // batch

  const graph::Node& graph_node() const { return graph.nodes[static_cast<std::size_t>(node)]; }
  bool trains(int parameter) const {
    return parameter != graph::kNone && plan.trained[static_cast<std::size_t>(parameter)];
  }
};

// What an executor keeps for a node: packed weights, sums over blocks.
class NodeState {
 public:
  using Gradients = std::vector<std::vector<float>>;  // by parameter

  NodeState() = default;
  NodeState(const NodeState&) = delete;
  NodeState& operator=(const NodeState&) = delete;
  virtual ~NodeState() = default;

  // Takes over the model's weights: first `load`, then `pack` for each item, items spread over threads.
  virtual void load(const graph::Model&) {}
  virtual int packing_items() const { return 0; }
  virtual void pack(int /*item*/, const graph::Model&) {}

  // After the segment that ends with the batch's statistics, or with the sums over its gradient.
  virtual void finish_statistics(const BatchExtent&, graph::Model&) {}
  virtual void finish_backward_sums(const BatchExtent&, const graph::Model&, Gradients&) {}

  // After a segment with a pass that sums in lanes: adds the lanes up, items spread over threads.
  virtual int reduction_items() const { return 0; }
  virtual void reduce(int /*item*/, const BatchExtent&, Gradients&) const {}
};

}  // namespace ftl::engine
