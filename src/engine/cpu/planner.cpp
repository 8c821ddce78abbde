#include "engine/cpu/planner.hpp"

#include <algorithm>
#include <limits>

#include "engine/cpu/cpu_op.hpp"
#include "engine/cpu/plan_passes.hpp"
#include "tensor/buffer.hpp"

namespace ftl::engine {

Planner::Planner(const graph::Graph& graph, std::vector<bool> trained, bool training)
    : graph_(graph), consumers_(graph), carries_gradient_(graph.nodes.size(), false) {
  plan_.trained = std::move(trained);
  plan_.training = training;
}

Plan Planner::plan() {
  schedule_forward();
  if (training()) schedule_backward();
  collect_needs();
  for (segment_ = 0; segment_ < segment_count_; ++segment_) plan_segment();
  place_memory();
  count_flop();
  return std::move(plan_);
}

// ---- When.

void Planner::schedule_forward() {
  forward_segment_.assign(at(nodes()), 0);
  for (int n = 0; n < nodes(); ++n) {
    int segment = 0;
    for (const int input : node(n).inputs) segment = std::max(segment, forward_segment_[at(input)]);
    if (training() && waits(n)) ++segment;
    forward_segment_[at(n)] = segment;
  }
  loss_segment_ = forward_segment_[at(graph_.output())];
  segment_count_ = loss_segment_ + 1;
}

void Planner::schedule_backward() {
  for (int n = 0; n < nodes(); ++n) {
    bool carries = false;
    for (const int parameter : node(n).op->parameters()) carries = carries || trains(parameter);
    carries_gradient_[at(n)] = carries || inputs_carry_gradient(n);
  }
  gradient_segment_.assign(at(nodes()), loss_segment_);
  backward_segment_.assign(at(nodes()), loss_segment_);
  for (int n = nodes() - 1; n >= 0; --n) {
    if (!carries_gradient(n)) continue;
    backward_segment_[at(n)] = gradient_segment_[at(n)] + (waits(n) ? 1 : 0);
    for (const int input : node(n).inputs) {
      gradient_segment_[at(input)] = std::max(gradient_segment_[at(input)], backward_segment_[at(n)]);
    }
    // A first batch norm has nothing before it to wait for.
    if (!inputs_carry_gradient(n)) continue;
    segment_count_ = std::max(segment_count_, backward_segment_[at(n)] + 1);
  }
}

bool Planner::inputs_carry_gradient(int n) const {
  return std::ranges::any_of(node(n).inputs, [&](int input) { return carries_gradient(input); });
}

// ---- What is needed where.

void Planner::collect_needs() {
  needed_.assign(at(nodes()), {});
  need(graph_.output(), loss_segment_);
  for (int n = nodes() - 1; n >= 0; --n) {
    if (training() && carries_gradient(n)) need_for_backward(n);
    // In its own segment a value is computed if anything needs it anywhere; elsewhere only cheap ones are,
    // again.
    std::set<int> computed_in;
    if (!needed_[at(n)].empty()) computed_in.insert(forward_segment_[at(n)]);
    if (is_cheap(n)) computed_in = needed_[at(n)];
    for (const int segment : computed_in) {
      for (const int input : node(n).inputs) need(input, segment);
    }
    // Statistics are summed where the last of the inputs is made.
    if (!training() || !waits(n)) continue;
    for (const int input : node(n).inputs) need(input, forward_segment_[at(n)] - 1);
  }
}

void Planner::need_for_backward(int n) {
  const std::vector<int>& inputs = node(n).inputs;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!cpu_op(*node(n).op).backward_reads(node(n), i, plan_.trained)) continue;
    if (waits(n)) need(inputs[i], gradient_segment_[at(n)]);
    if (!waits(n) || inputs_carry_gradient(n)) need(inputs[i], backward_segment_[at(n)]);
  }
}

// ---- Fusion that depends on the plan.

bool Planner::needed_only_here(int n) const {
  return needed_[at(n)] == std::set<int>{segment_};
}

int Planner::applied_activation(int convolution) const {
  const int activation = graph::applied_activation(graph_, consumers_, convolution);
  if (activation == graph::kNone || (training() && carries_gradient(activation))) return graph::kNone;
  const bool here = forward_segment_[at(convolution)] == segment_ && needed_only_here(convolution);
  return here ? activation : graph::kNone;
}

int Planner::taker_of_integers(int norm) const {
  const int convolution = graph::taker_of_integers(graph_, consumers_, norm);
  if (convolution == graph::kNone || !training()) return graph::kNone;
  const bool here = forward_segment_[at(convolution)] == segment_ && needed_only_here(norm);
  return here ? convolution : graph::kNone;
}

// ---- Buffers.

int Planner::new_buffer(std::int64_t bytes) {
  plan_.buffers.push_back({.bytes = bytes});
  uses_.emplace_back();
  return static_cast<int>(plan_.buffers.size()) - 1;
}

std::int64_t Planner::value_bytes(int n) const {
  return cpu_op(*node(n).op).value_bytes(node(n));
}

int Planner::value(int n) {
  const int key = is_cheap(n) ? segment_ : graph::kNone;
  const auto [found, inserted] = values_.try_emplace({n, key}, 0);
  if (inserted) found->second = new_buffer(value_bytes(n));
  return found->second;
}

int Planner::keepsake(int n, Keepsake what, std::int64_t bytes) {
  const auto [found, inserted] = keepsakes_.try_emplace({n, what}, 0);
  if (inserted) found->second = new_buffer(bytes);
  return found->second;
}

int Planner::contribution(int n) {
  const int buffer = new_buffer(value_bytes(n));
  gradients_.try_emplace(n, buffer);
  return buffer;
}

void Planner::add_contribution(int n, int buffer) {
  if (gradient(n) == buffer) return;
  emit({.pass = &kAccumulatePass, .node = n, .inputs = {buffer}, .outputs = {gradient(n)}});
}

void Planner::keep_for_blocks(int buffer, int blocks) {
  int& copies = plan_.buffers[at(buffer)].copies;
  copies = std::max(copies, blocks);
}

void Planner::emit(Step step) {
  Segment& segment = plan_.segments.back();
  const Use use{static_cast<int>(plan_.segments.size()) - 1, static_cast<int>(segment.steps.size())};
  std::vector<int> operands{step.gradient, step.winners, step.integers, step.scratch};
  operands.insert(operands.end(), step.inputs.begin(), step.inputs.end());
  operands.insert(operands.end(), step.outputs.begin(), step.outputs.end());
  for (const int buffer : operands) {
    if (buffer != graph::kNone) uses_[at(buffer)].push_back(use);
  }
  segment.sums_in_lanes = segment.sums_in_lanes || step.pass->sums_in_lanes;
  segment.steps.push_back(std::move(step));
}

// ---- Steps.

void Planner::plan_segment() {
  plan_.segments.emplace_back();
  std::set<int> applied;  // activations that convolutions apply
  for (int n = 0; n < nodes(); ++n) applied.insert(applied_activation(n));
  for (int n = 0; n < nodes(); ++n) {
    const bool home = forward_segment_[at(n)] == segment_;
    const std::set<int>& needed = needed_[at(n)];
    const bool computes = is_cheap(n) ? needed.contains(segment_) : home && !needed.empty();
    if (computes && !applied.contains(n)) cpu_op(*node(n).op).plan_forward(*this, n);
  }
  if (!training()) {
    plan_.output = value(graph_.output());
    return;
  }
  plan_statistics();
  if (segment_ == loss_segment_) {
    const int output = value(graph_.output());
    emit({.pass = &kLossPass, .inputs = {output}, .outputs = {contribution(graph_.output())}});
  }
  for (int n = nodes() - 1; n >= 0; --n) {
    if (!carries_gradient(n)) continue;
    const CpuOp& op = cpu_op(*node(n).op);
    if (waits(n) && gradient_segment_[at(n)] == segment_) {
      op.plan_backward_sums(*this, n);
      plan_.segments.back().backward_sums.push_back(n);
    }
    if (backward_segment_[at(n)] == segment_) op.plan_backward(*this, n);
  }
}

void Planner::plan_statistics() {
  for (int n = 0; n < nodes(); ++n) {
    if (!waits(n) || forward_segment_[at(n)] - 1 != segment_) continue;
    cpu_op(*node(n).op).plan_statistics(*this, n);
    plan_.segments.back().forward_statistics.push_back(n);
  }
}

// ---- Memory: a buffer used in one segment lives in scratch for those steps, any other is kept for its
// segments.

void Planner::place_memory() {
  std::vector<Lifetime> kept;
  std::vector<std::size_t> kept_buffers;
  std::map<int, std::vector<std::size_t>> scratch_of_segment;
  for (std::size_t b = 0; b < plan_.buffers.size(); ++b) {
    const Use first = uses_[b].front();
    const Use last = uses_[b].back();
    const bool is_output = static_cast<int>(b) == plan_.output;
    if (first.segment == last.segment && !is_output) {
      scratch_of_segment[first.segment].push_back(b);
      continue;
    }
    plan_.buffers[b].kept = true;
    kept_buffers.push_back(b);
    kept.push_back({plan_.buffers[b].bytes, first.segment, last.segment});
  }
  const MemoryPlan memory = plan_memory(kept);
  for (std::size_t i = 0; i < kept.size(); ++i) plan_.buffers[kept_buffers[i]].offset = memory.offsets[i];
  plan_.kept_bytes = memory.bytes;
  for (const auto& [segment, buffers] : scratch_of_segment) place_scratch(buffers);
}

// What is kept for the lane's next blocks is kept during all steps.
void Planner::place_scratch(const std::vector<std::size_t>& buffers) {
  std::vector<Lifetime> lifetimes;
  for (const std::size_t b : buffers) {
    const PlanBuffer& buffer = plan_.buffers[b];
    if (buffer.copies > 1) {
      lifetimes.push_back({buffer.bytes * buffer.copies, 0, std::numeric_limits<int>::max()});
    } else {
      lifetimes.push_back({buffer.bytes, uses_[b].front().step, uses_[b].back().step});
    }
  }
  const MemoryPlan memory = plan_memory(lifetimes);
  for (std::size_t i = 0; i < buffers.size(); ++i) plan_.buffers[buffers[i]].offset = memory.offsets[i];
  plan_.scratch_bytes = std::max(plan_.scratch_bytes, memory.bytes);
}

void Planner::count_flop() {
  for (const Segment& segment : plan_.segments) {
    for (const Step& step : segment.steps) plan_.flop += executed_flop(graph_, plan_, step);
  }
}

}  // namespace ftl::engine
