#include "engine/cpu/plan.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "base/index.hpp"
#include "tensor/buffer.hpp"

namespace ftl::engine {
namespace {

bool is_cheap(kernels::ActivationKind kind) {
  return kind == kernels::ActivationKind::identity || kind == kernels::ActivationKind::relu;
}

// Worth computing again rather than keeping: one pass over its input that is no longer than reading the kept
// value back would be. A smooth activation takes longer.
bool is_cheap(const graph::Node& node) {
  if (const auto* norm = node.as<graph::BatchNormNode>()) return is_cheap(norm->activation);
  if (const auto* activation = node.as<graph::ActivationNode>()) return is_cheap(activation->kind);
  return node.as<graph::PatchesNode>() != nullptr || node.as<graph::MultiplyNode>() != nullptr;
}

class Compiler {
 public:
  Compiler(const graph::Graph& graph, std::vector<bool> trained, bool training) : graph_(graph) {
    plan_.trained = std::move(trained);
    plan_.training = training;
  }

  Plan compile() {
    schedule_forward();
    if (plan_.training) schedule_backward();
    collect_needs();
    for (int segment = 0; segment < segment_count_; ++segment) emit_segment(segment);
    place_memory();
    count_flop();
    return std::move(plan_);
  }

 private:
  int nodes() const { return static_cast<int>(graph_.nodes.size()); }
  const graph::Node& node(int index) const { return graph_.nodes[at(index)]; }
  bool trains(int parameter) const { return parameter != graph::kNone && plan_.trained[at(parameter)]; }

  // ---- When: the segment of each node's forward pass, of its gradient's completion and of its backward
  // pass.

  void schedule_forward() {
    forward_segment_.assign(at(nodes()), 0);
    for (int n = 0; n < nodes(); ++n) {
      int segment = 0;
      for (const int input : node(n).inputs) segment = std::max(segment, forward_segment_[at(input)]);
      if (plan_.training && node(n).as<graph::BatchNormNode>() != nullptr) ++segment;
      forward_segment_[at(n)] = segment;
    }
    loss_segment_ = forward_segment_[at(graph_.output())];
    segment_count_ = loss_segment_ + 1;
  }

  bool has_trained_parameter(const graph::Node& of) const {
    if (const auto* convolution = of.as<graph::ConvolutionNode>()) {
      return trains(convolution->weight) || trains(convolution->bias);
    }
    if (const auto* norm = of.as<graph::BatchNormNode>()) return trains(norm->scale) || trains(norm->bias);
    return false;
  }

  void schedule_backward() {
    carries_gradient_.assign(at(nodes()), false);
    for (int n = 0; n < nodes(); ++n) {
      bool carries = has_trained_parameter(node(n));
      for (const int input : node(n).inputs) carries = carries || carries_gradient_[at(input)];
      carries_gradient_[at(n)] = carries;
    }
    gradient_segment_.assign(at(nodes()), loss_segment_);
    backward_segment_.assign(at(nodes()), loss_segment_);
    for (int n = nodes() - 1; n >= 0; --n) {
      if (!carries_gradient_[at(n)]) continue;
      const int waits = node(n).as<graph::BatchNormNode>() != nullptr ? 1 : 0;
      backward_segment_[at(n)] = gradient_segment_[at(n)] + waits;
      for (const int input : node(n).inputs) {
        gradient_segment_[at(input)] = std::max(gradient_segment_[at(input)], backward_segment_[at(n)]);
      }
      // A first batch norm has nothing before it to wait for.
      if (!inputs_carry(n)) continue;
      segment_count_ = std::max(segment_count_, backward_segment_[at(n)] + 1);
    }
  }

  bool inputs_carry(int n) const {
    const auto& inputs = node(n).inputs;
    return std::any_of(inputs.begin(), inputs.end(), [&](int input) { return carries_gradient_[at(input)]; });
  }

  // ---- What is needed where: segments in which each node's value must be at hand.

  void need(int value, int segment) { needed_[at(value)].insert(segment); }

  void collect_needs() {
    needed_.assign(at(nodes()), {});
    need(graph_.output(), loss_segment_);
    for (int n = nodes() - 1; n >= 0; --n) {
      if (plan_.training && carries_gradient_[at(n)]) need_for_backward(n);
      // In its own segment a value is computed if anything needs it anywhere; elsewhere only cheap ones are,
      // again.
      std::set<int> computed_in;
      if (!needed_[at(n)].empty()) computed_in.insert(forward_segment_[at(n)]);
      if (is_cheap(node(n))) computed_in = needed_[at(n)];
      for (const int segment : computed_in) {
        for (const int input : node(n).inputs) need(input, segment);
      }
      // The statistics of a batch norm are summed where its input is made.
      if (plan_.training && node(n).as<graph::BatchNormNode>() != nullptr) {
        need(node(n).inputs[0], forward_segment_[at(node(n).inputs[0])]);
      }
    }
  }

  void need_for_backward(int n) {
    const auto& inputs = node(n).inputs;
    if (const auto* convolution = node(n).as<graph::ConvolutionNode>()) {
      const bool rounded = kernels::rounded_input_elements(convolution->geometry) > 0;
      if (trains(convolution->weight) && !rounded) need(inputs[0], backward_segment_[at(n)]);
    } else if (node(n).as<graph::BatchNormNode>() != nullptr) {
      need(inputs[0], gradient_segment_[at(n)]);
      if (inputs_carry(n)) need(inputs[0], backward_segment_[at(n)]);
    } else if (node(n).as<graph::ActivationNode>() != nullptr || node(n).as<graph::PoolNode>() != nullptr) {
      need(inputs[0], backward_segment_[at(n)]);
    } else if (node(n).as<graph::MultiplyNode>() != nullptr) {
      need(inputs[0], backward_segment_[at(n)]);
      need(inputs[1], backward_segment_[at(n)]);
    }
  }

  // ---- Buffers.

  struct Use {
    int segment;
    int step;
  };

  int new_buffer(std::int64_t bytes) {
    plan_.buffers.push_back({.bytes = bytes});
    uses_.emplace_back();
    return static_cast<int>(plan_.buffers.size()) - 1;
  }

  std::int64_t value_bytes(int n) const {
    if (const auto* pictures = node(n).as<graph::PicturesNode>()) {
      return std::int64_t{kBlockImages} * pictures->height * pictures->width * node(n).shape.channels * 2;
    }
    return node(n).shape.block_elements() * 2;
  }

  // The buffer of a node's value in a segment: one for all segments, or for a cheap value one a segment.
  int value(int n, int segment) {
    const int key = is_cheap(node(n)) ? segment : graph::kNone;
    const auto [found, inserted] = values_.try_emplace({n, key}, 0);
    if (inserted) found->second = new_buffer(value_bytes(n));
    return found->second;
  }

  int argmax(int n) {
    const auto [found, inserted] = argmax_.try_emplace(n, 0);
    if (inserted) found->second = new_buffer(node(n).shape.block_elements());
    return found->second;
  }

  // What a convolution's forward pass rounds its input to, which is then all that its weights' gradient needs
  // of it; kNone where it rounds nothing. Also of a value that is cheap to compute: not to be rounded again.
  int rounded_input(int n, const graph::ConvolutionNode& convolution) {
    const std::int64_t elements = kernels::rounded_input_elements(convolution.geometry);
    if (elements == 0) return graph::kNone;
    const auto [found, inserted] = rounded_.try_emplace(n, 0);
    if (inserted) found->second = new_buffer(elements * 2);
    return found->second;
  }

  void emit(const Step& step) {
    Segment& segment = plan_.segments.back();
    const Use use{static_cast<int>(plan_.segments.size()) - 1, static_cast<int>(segment.steps.size())};
    for (const int buffer :
         {step.in, step.in2, step.gradient, step.out, step.out2, step.rounded, step.scratch}) {
      if (buffer != graph::kNone) uses_[at(buffer)].push_back(use);
    }
    segment.steps.push_back(step);
  }

  // ---- Steps.

  void emit_segment(int segment) {
    plan_.segments.emplace_back();
    for (int n = 0; n < nodes(); ++n) {
      const bool home = forward_segment_[at(n)] == segment;
      const auto& needed = needed_[at(n)];
      const bool computes = is_cheap(node(n)) ? needed.contains(segment) : home && !needed.empty();
      if (computes && !is_absorbed(n, segment)) emit_forward(n, segment);
    }
    if (!plan_.training) {
      plan_.output = value(graph_.output(), segment);
      return;
    }
    emit_statistics(segment);
    if (segment == loss_segment_) {
      emit({.kind = StepKind::loss,
            .in = value(graph_.output(), segment),
            .out = first_gradient(graph_.output())});
    }
    for (int n = nodes() - 1; n >= 0; --n) {
      if (!carries_gradient_[at(n)]) continue;
      if (node(n).as<graph::BatchNormNode>() != nullptr && gradient_segment_[at(n)] == segment)
        emit_reduce(n, segment);
      if (backward_segment_[at(n)] == segment) emit_backward(n, segment);
    }
  }

  // Whether a node is an activation that the convolution just before it applies to its results, which nothing
  // else needs.
  bool is_absorbed(int n, int segment) const {
    const int before = n - 1;
    if (node(n).as<graph::ActivationNode>() == nullptr || node(n).inputs[0] != before) return false;
    const auto* convolution = node(before).as<graph::ConvolutionNode>();
    if (convolution == nullptr || !kernels::applies_activation(convolution->geometry)) return false;
    if (plan_.training && carries_gradient_[at(n)]) return false;
    return forward_segment_[at(before)] == segment && consumers(before) == 1 &&
           needed_[at(before)] == std::set<int>{segment};
  }

  std::ptrdiff_t consumers(int n) const {
    std::ptrdiff_t count = 0;
    for (const graph::Node& other : graph_.nodes) count += std::ranges::count(other.inputs, n);
    return count;
  }

  // Whether a norm's value goes nowhere but into the convolution just after it, which multiplies it as 8-bit
  // integers: then the norm writes these.
  bool is_rounded_at_once(int n, int segment) const {
    if (!plan_.training || n + 1 >= nodes() || node(n).as<graph::BatchNormNode>() == nullptr) return false;
    const auto* convolution = node(n + 1).as<graph::ConvolutionNode>();
    return convolution != nullptr && kernels::rounded_input_elements(convolution->geometry) > 0 &&
           node(n + 1).inputs[0] == n && consumers(n) == 1 && forward_segment_[at(n + 1)] == segment &&
           needed_[at(n)] == std::set<int>{segment};
  }

  void emit_forward(int n, int segment) {
    if (is_rounded_at_once(n, segment)) {
      emit({.kind = StepKind::batch_norm,
            .node = n,
            .in = value(node(n).inputs[0], segment),
            .rounded = rounded_input(n + 1, *node(n + 1).as<graph::ConvolutionNode>())});
      return;
    }
    const bool absorbs = n + 1 < nodes() && is_absorbed(n + 1, segment);
    Step step{.kind = forward_kind(node(n)), .node = n, .out = value(absorbs ? n + 1 : n, segment)};
    if (absorbs) step.activation = node(n + 1).as<graph::ActivationNode>()->kind;
    const auto& inputs = node(n).inputs;
    const bool takes_integers = n > 0 && is_rounded_at_once(n - 1, segment);
    if (!inputs.empty() && !takes_integers) step.in = value(inputs[0], segment);
    if (inputs.size() > 1) step.in2 = value(inputs[1], segment);
    const auto* convolution = node(n).as<graph::ConvolutionNode>();
    if (convolution != nullptr && convolution->geometry.pool && plan_.training && carries_gradient_[at(n)]) {
      step.out2 = argmax(n);
    }
    if (convolution != nullptr)
      step.scratch = scratch(kernels::forward_scratch_elements(convolution->geometry));
    if (convolution != nullptr && plan_.training)
      (takes_integers ? step.in : step.rounded) = rounded_input(n, *convolution);
    emit(step);
  }

  int scratch(std::int64_t elements) { return elements == 0 ? graph::kNone : new_buffer(elements * 2); }

  static StepKind forward_kind(const graph::Node& of) {
    static constexpr std::array kKinds{StepKind::pictures,   StepKind::patches,    StepKind::convolution,
                                       StepKind::batch_norm, StepKind::activation, StepKind::pool,
                                       StepKind::multiply,   StepKind::add};
    return kKinds[of.op.index()];
  }

  void emit_statistics(int segment) {
    for (int n = 0; n < nodes(); ++n) {
      if (node(n).as<graph::BatchNormNode>() == nullptr) continue;
      const int input = node(n).inputs[0];
      if (forward_segment_[at(input)] != segment) continue;
      emit({.kind = StepKind::statistics, .node = n, .in = value(input, segment)});
      plan_.segments.back().forward_statistics.push_back(n);
    }
  }

  // The first contribution to a value's gradient is written in place, later ones are added.
  int first_gradient(int n) {
    const int buffer = new_buffer(value_bytes(n));
    gradients_[n] = buffer;
    return buffer;
  }

  // Where a step is to write its contribution to the gradient of `n`; finish with add_contribution.
  int contribution(int n) { return gradients_.contains(n) ? new_buffer(value_bytes(n)) : first_gradient(n); }

  void add_contribution(int n, int buffer) {
    if (gradients_.at(n) != buffer)
      emit({.kind = StepKind::accumulate, .node = n, .in = buffer, .out = gradients_.at(n)});
  }

  void emit_reduce(int n, int segment) {
    const int reduced = new_buffer(value_bytes(n));
    emit({.kind = StepKind::batch_norm_reduce,
          .node = n,
          .in = value(node(n).inputs[0], segment),
          .gradient = gradients_.at(n),
          .out = reduced});
    gradients_[n] = reduced;
    plan_.segments.back().backward_sums.push_back(n);
  }

  void emit_backward(int n, int segment) {
    if (const auto* convolution = node(n).as<graph::ConvolutionNode>())
      return emit_convolution(n, *convolution, segment);
    const auto& inputs = node(n).inputs;
    if (node(n).as<graph::AddNode>() != nullptr) return emit_add(n);
    if (node(n).as<graph::MultiplyNode>() != nullptr) return emit_multiply(n, segment);
    if (!inputs_carry(n)) return;
    StepKind kind = StepKind::batch_norm_data;
    if (node(n).as<graph::ActivationNode>() != nullptr) kind = StepKind::activation_data;
    if (node(n).as<graph::PoolNode>() != nullptr) kind = StepKind::pool_data;
    const int out = contribution(inputs[0]);
    emit(
        {.kind = kind, .node = n, .in = value(inputs[0], segment), .gradient = gradients_.at(n), .out = out});
    add_contribution(inputs[0], out);
  }

  void emit_add(int n) {
    for (const int input : node(n).inputs) {
      if (!carries_gradient_[at(input)]) continue;
      const bool first = !gradients_.contains(input);
      const int out = first ? first_gradient(input) : gradients_.at(input);
      emit({.kind = first ? StepKind::copy : StepKind::accumulate,
            .node = n,
            .in = gradients_.at(n),
            .out = out});
    }
  }

  void emit_multiply(int n, int segment) {
    const int x = node(n).inputs[0];
    const int gate = node(n).inputs[1];
    const int dx = contribution(x);
    const int dgate = contribution(gate);
    emit({.kind = StepKind::multiply_data,
          .node = n,
          .in = value(x, segment),
          .in2 = value(gate, segment),
          .gradient = gradients_.at(n),
          .out = dx,
          .out2 = dgate});
    add_contribution(x, dx);
    add_contribution(gate, dgate);
  }

  void emit_convolution(int n, const graph::ConvolutionNode& convolution, int segment) {
    const kernels::ConvolutionGeometry& g = convolution.geometry;
    const int input = node(n).inputs[0];
    const int gradient = gradients_.at(n);
    if (trains(convolution.weight) || trains(convolution.bias)) {
      Step step{.kind = StepKind::convolution_weights, .node = n, .gradient = gradient};
      if (g.pool) step.in2 = argmax(n);
      if (trains(convolution.weight)) {
        step.in = rounded_input(n, convolution);
        if (step.in == graph::kNone) step.in = value(input, segment);
        step.scratch = scratch(kernels::weight_gradient_scratch_elements(g));
        for (const int operand : {step.in, step.in2, gradient}) {
          if (operand != graph::kNone) keep_for_blocks(operand, kernels::weight_gradient_blocks(g));
        }
      }
      emit(step);
      plan_.segments.back().sums_weights = true;
    }
    if (carries_gradient_[at(input)]) {
      Step step{.kind = StepKind::convolution_data, .node = n, .gradient = gradient};
      if (g.pool) step.in2 = argmax(n);
      step.scratch = scratch(kernels::backward_data_scratch_elements(g));
      step.out = contribution(input);
      emit(step);
      add_contribution(input, step.out);
    }
  }

  // A step takes so many blocks at a time.
  void keep_for_blocks(int buffer, int blocks) {
    int& copies = plan_.buffers[at(buffer)].copies;
    copies = std::max(copies, blocks);
  }

  // ---- Memory: a buffer used in one segment lives in scratch for those steps, any other is kept for its
  // segments.

  void place_memory() {
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
    const MemoryPlan plan = plan_memory(kept);
    for (std::size_t i = 0; i < kept.size(); ++i) plan_.buffers[kept_buffers[i]].offset = plan.offsets[i];
    plan_.kept_bytes = plan.bytes;
    for (const auto& [segment, buffers] : scratch_of_segment) place_scratch(buffers);
  }

  // What is kept for the lane's next blocks is kept during all steps.
  void place_scratch(const std::vector<std::size_t>& buffers) {
    std::vector<Lifetime> lifetimes;
    for (const std::size_t b : buffers) {
      const PlanBuffer& buffer = plan_.buffers[b];
      if (buffer.copies > 1) {
        lifetimes.push_back({buffer.bytes * buffer.copies, 0, std::numeric_limits<int>::max()});
      } else {
        lifetimes.push_back({buffer.bytes, uses_[b].front().step, uses_[b].back().step});
      }
    }
    const MemoryPlan plan = plan_memory(lifetimes);
    for (std::size_t i = 0; i < buffers.size(); ++i) plan_.buffers[buffers[i]].offset = plan.offsets[i];
    plan_.scratch_bytes = std::max(plan_.scratch_bytes, plan.bytes);
  }

  void count_flop() {
    for (const Segment& segment : plan_.segments) {
      for (const Step& step : segment.steps) plan_.flop += executed_flop(graph_, plan_, step);
    }
  }

  const graph::Graph& graph_;
  Plan plan_;
  int segment_count_ = 0;
  int loss_segment_ = 0;
  std::vector<int> forward_segment_;
  std::vector<int> gradient_segment_;
  std::vector<int> backward_segment_;
  std::vector<bool> carries_gradient_;
  std::vector<std::set<int>> needed_;
  std::map<std::pair<int, int>, int> values_;
  std::map<int, int> argmax_;
  std::map<int, int> rounded_;
  std::map<int, int> gradients_;
  std::vector<std::vector<Use>> uses_;
};

}  // namespace

std::string_view name(StepKind kind) {
  static constexpr std::array<std::string_view, 19> kNames{"pictures",
                                                           "patches",
                                                           "convolution",
                                                           "statistics",
                                                           "batch norm",
                                                           "activation",
                                                           "pool",
                                                           "multiply",
                                                           "add",
                                                           "loss",
                                                           "convolution weights",
                                                           "convolution data",
                                                           "batch norm reduce",
                                                           "batch norm data",
                                                           "activation data",
                                                           "pool data",
                                                           "multiply data",
                                                           "copy",
                                                           "accumulate"};
  return kNames[static_cast<std::size_t>(kind)];
}

bool multiplies_int8(const graph::Graph& graph, const Plan& plan, const Step& step) {
  const auto* convolution =
      step.node == graph::kNone ? nullptr : graph.nodes[at(step.node)].as<graph::ConvolutionNode>();
  if (!plan.training || convolution == nullptr) return false;
  const kernels::Int8Passes& int8 = convolution->geometry.int8;
  if (step.kind == StepKind::convolution) return int8.forward;
  return step.kind == StepKind::convolution_data ? int8.data : int8.weights;
}

double executed_flop(const graph::Graph& graph, const Plan& plan, const Step& step) {
  const bool products = step.kind == StepKind::convolution || step.kind == StepKind::convolution_data ||
                        (step.kind == StepKind::convolution_weights && step.in != graph::kNone);
  if (!products) return 0;
  const kernels::ConvolutionGeometry& geometry =
      graph.nodes[at(step.node)].as<graph::ConvolutionNode>()->geometry;
  return kernels::convolution_flop(geometry).executed / (multiplies_int8(graph, plan, step) ? 2 : 1);
}

Plan plan_training(const graph::Graph& graph, const std::vector<bool>& trained) {
  return Compiler(graph, trained, true).compile();
}

Plan plan_inference(const graph::Graph& graph) {
  return Compiler(graph, std::vector<bool>(graph.parameters.size(), false), false).compile();
}

}  // namespace ftl::engine
