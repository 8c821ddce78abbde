// Makes a plan: decides in which segment each node runs forward and backward, which values are at hand where,
// and has the ops add their steps. What ops ask while they do is the public part.
#pragma once

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/index.hpp"
#include "engine/cpu/plan.hpp"
#include "graph/fusion.hpp"

namespace ftl::engine {

class Planner {
 public:
  Planner(const graph::Graph& graph, std::vector<bool> trained, bool training);

  Plan plan();

  // ---- What an op asks and does while its steps are planned. Buffers are of the segment in work.

  const graph::Node& node(int index) const { return graph_.nodes[at(index)]; }
  const std::vector<bool>& trained() const { return plan_.trained; }
  bool training() const { return plan_.training; }
  bool trains(int parameter) const { return parameter != graph::kNone && plan_.trained[at(parameter)]; }
  bool carries_gradient(int node) const { return carries_gradient_[at(node)]; }
  bool inputs_carry_gradient(int node) const;

  // The activation that a convolution applies to its results here, which nothing else needs; kNone where it
  // leaves that to the activation's own step.
  int applied_activation(int convolution) const;
  // The convolution for which a norm writes 8-bit integers here rather than a value; kNone where it does not.
  int taker_of_integers(int norm) const;

  // The buffer of a node's value: one for all segments, or for a cheap value one a segment.
  int value(int node);
  // A buffer in which a node's forward pass leaves something for its backward pass, the same at each call.
  enum class Keepsake { winners, integers };
  int keepsake(int node, Keepsake what, std::int64_t bytes);
  int new_buffer(std::int64_t bytes);

  // The gradient of a node's value. Its first contribution is written in place, later ones are added: a step
  // writes to `contribution`, and `add_contribution` follows it.
  int gradient(int node) const { return gradients_.at(node); }
  bool has_gradient(int node) const { return gradients_.contains(node); }
  int contribution(int node);
  void add_contribution(int node, int buffer);
  // Another buffer takes the gradient's place.
  void replace_gradient(int node, int buffer) { gradients_[node] = buffer; }

  // A step takes so many neighbouring blocks of a lane at a time, so the buffer keeps as many.
  void keep_for_blocks(int buffer, int blocks);

  void emit(Step step);

 private:
  struct Use {
    int segment;
    int step;
  };

  int nodes() const { return static_cast<int>(graph_.nodes.size()); }
  bool is_cheap(int node) const { return graph_.nodes[at(node)].op->is_cheap(); }
  bool waits(int node) const { return graph_.nodes[at(node)].op->waits_for_batch(); }
  std::int64_t value_bytes(int node) const;

  void schedule_forward();
  void schedule_backward();
  void need(int value, int segment) { needed_[at(value)].insert(segment); }
  void need_for_backward(int node);
  void collect_needs();
  void plan_segment();
  void plan_statistics();
  void place_memory();
  void place_scratch(const std::vector<std::size_t>& buffers);
  void count_flop();
  bool needed_only_here(int node) const;

  const graph::Graph& graph_;
  const graph::OnlyConsumers consumers_;
  Plan plan_;
  int segment_ = 0;  // in work
  int segment_count_ = 0;
  int loss_segment_ = 0;
  // By node: the segment of its forward pass, of its gradient's completion and of its backward pass.
  std::vector<int> forward_segment_;
  std::vector<int> gradient_segment_;
  std::vector<int> backward_segment_;
  std::vector<bool> carries_gradient_;
  std::vector<std::set<int>> needed_;  // segments in which a node's value must be at hand
  std::map<std::pair<int, int>, int> values_;
  std::map<std::pair<int, Keepsake>, int> keepsakes_;
  std::map<int, int> gradients_;
  std::vector<std::vector<Use>> uses_;  // by buffer
};

}  // namespace ftl::engine
