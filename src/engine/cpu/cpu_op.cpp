#include "engine/cpu/cpu_op.hpp"

#include <typeindex>
#include <unordered_map>

#include "engine/cpu/plan_passes.hpp"
#include "engine/cpu/planner.hpp"

namespace ftl::engine {
namespace {

std::vector<const CpuOp*> all_parts() {
#define FTL_CPU_PART(KIND) &cpu_part(std::type_identity<graph::KIND>{}),
  return {FTL_FOR_EVERY_OP(FTL_CPU_PART)};
#undef FTL_CPU_PART
}

}  // namespace

void CpuOp::plan_forward(Planner& planner, int node) const {
  Step step{.pass = passes().front(), .node = node, .outputs = {planner.value(node)}};
  for (const int input : planner.node(node).inputs) step.inputs.push_back(planner.value(input));
  planner.emit(std::move(step));
}

void CpuOp::plan_backward(Planner& planner, int node) const {
  if (!planner.inputs_carry_gradient(node)) return;
  Step step{.pass = passes()[1], .node = node, .gradient = planner.gradient(node)};
  const std::vector<int>& inputs = planner.node(node).inputs;
  for (const int input : inputs) step.outputs.push_back(planner.contribution(input));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (backward_reads(planner.node(node), i, planner.trained()))
      step.inputs.push_back(planner.value(inputs[i]));
  }
  const std::vector<int> contributions = step.outputs;
  planner.emit(std::move(step));
  for (std::size_t i = 0; i < inputs.size(); ++i) planner.add_contribution(inputs[i], contributions[i]);
}

const CpuOp& cpu_op(const graph::Op& op) {
  static const auto by_kind = [] {
    std::unordered_map<std::type_index, const CpuOp*> parts;
    for (const CpuOp* part : all_parts()) parts.emplace(part->kind(), part);
    return parts;
  }();
  return *by_kind.at(typeid(op));
}

const std::vector<const Pass*>& all_passes() {
  static const std::vector<const Pass*> passes = [] {
    std::vector<const Pass*> all{&kLossPass, &kCopyPass, &kAccumulatePass};
    for (const CpuOp* part : all_parts()) {
      for (const Pass* pass : part->passes()) all.push_back(pass);
    }
    return all;
  }();
  return passes;
}

}  // namespace ftl::engine
