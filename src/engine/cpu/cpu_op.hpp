// This engine's part of an op: how a node of its kind becomes steps of a plan, and what an executor keeps for
// it. One object a kind, in the op's file in engine/cpu/ops/.
#pragma once

#include <memory>
#include <type_traits>
#include <typeinfo>
#include <vector>

#include "engine/cpu/node_state.hpp"
#include "engine/cpu/plan.hpp"
#include "graph/ops/list.hpp"

namespace ftl::engine {

class Planner;

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
