// This engine's part of an op: how a node of its kind becomes steps of a plan, and what an executor keeps for
// it. One object a kind, in the op's file in engine/cpu/ops/.
#pragma once

#include <memory>
#include <type_traits>
#include <typeinfo>
#include <vector>

#include "engine/cpu/plan.hpp"
#include "graph/model.hpp"
#include "graph/ops/list.hpp"
#include "kernels/registry.hpp"

namespace ftl::engine {

class Planner;

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

class CpuOp {
 public:
  CpuOp() = default;
  CpuOp(const CpuOp&) = delete;
  CpuOp& operator=(const CpuOp&) = delete;
  virtual ~CpuOp() = default;

  // The class of graph::Op that it is the part of.
  virtual const std::type_info& kind() const = 0;

  // All that its steps may have.
  virtual std::vector<const Pass*> passes() const = 0;

  // Bytes of an image block of a node's value.
  virtual std::int64_t value_bytes(const graph::Node& node) const { return node.shape.block_elements() * 2; }

  // Whether the backward pass reads the value of an input: the op's word, but for ops that keep what they
  // need of it in another form.
  virtual bool backward_reads(const graph::Node& node, std::size_t input,
                              const std::vector<bool>& trained) const {
    return node.op->backward_reads(input, trained);
  }

  // Add the node's steps to the segment in work. `plan_statistics` and `plan_backward_sums` are asked of ops
  // that wait for the batch. Without more said, forward is the first of the passes, from the values of the
  // inputs to the node's, and backward the second, from those that it reads and the gradient to the gradients
  // of all inputs.
  virtual void plan_forward(Planner& planner, int node) const;
  virtual void plan_statistics(Planner&, int /*node*/) const {}
  virtual void plan_backward_sums(Planner&, int /*node*/) const {}
  virtual void plan_backward(Planner& planner, int node) const;

  // How many neighbouring blocks a lane has a multiple of, but for the last one.
  virtual int blocks_together(const graph::Node&, const Plan&) const { return 1; }

  // Null where nothing is kept.
  virtual std::unique_ptr<NodeState> state(const NodeContext&) const { return nullptr; }
};

const CpuOp& cpu_op(const graph::Op& op);

// Of every op and of the plan itself, in a fixed order.
const std::vector<const Pass*>& all_passes();

// A part that says which kind it is of.
template <class Kind>
class CpuOpOf : public CpuOp {
 public:
  const std::type_info& kind() const override { return typeid(Kind); }
};

// The parts, each defined in the op's file.
#define FTL_DECLARE_CPU_PART(KIND) const CpuOp& cpu_part(std::type_identity<graph::KIND>);
FTL_FOR_EVERY_OP(FTL_DECLARE_CPU_PART)
#undef FTL_DECLARE_CPU_PART

}  // namespace ftl::engine
