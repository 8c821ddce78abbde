#include "engine/cpu/ops/convolution.hpp"

#include <algorithm>

#include "base/tree_sum.hpp"
#include "engine/cpu/cpu_op.hpp"
#include "engine/cpu/planner.hpp"
#include "engine/cpu/step_runner.hpp"
#include "graph/ops/activation.hpp"
#include "graph/ops/convolution.hpp"
#include "tensor/buffer.hpp"

namespace ftl::engine {
namespace {

using graph::ConvolutionOp;
using Keepsake = Planner::Keepsake;

// Packing is spread over threads by outputs that share no cache line of the packed weights.
constexpr int kOutputsTogether = 2 * kBlockChannels;

class ConvolutionState final : public NodeState {
 public:
  explicit ConvolutionState(const NodeContext& context)
      : geometry(context.graph_node().as<ConvolutionOp>()->geometry),
        op_(*context.graph_node().as<ConvolutionOp>()),
        kernels_(context.kernels.convolution),
        training_(context.plan.training) {
    if (!training_) geometry.int8 = {};
    forward = Buffer(kernels::forward_weight_elements(geometry) * 2);
    if (op_.geometry.int8.any()) {
      output_scales.resize(at(geometry.out.padded_channels()));
      input_scales.resize(at(geometry.in.padded_channels()));
    }
    if (geometry.int8.any()) {
      largest_x.resize(at(context.largest.blocks));
      largest_dy.resize(at(context.largest.blocks));
    }
    if (op_.bias != graph::kNone) bias.assign(at(geometry.out.padded_channels()), 0.0f);
    for (const Step* step : context.steps) {
      if (step->pass == &kConvolutionDataPass)
        backward = Buffer(kernels::backward_weight_elements(geometry) * 2);
      if (step->pass == &kConvolutionWeightsPass) make_lanes(*step, context);
    }
  }

  void load(const graph::Model& model) override {
    if (op_.bias != graph::kNone) std::ranges::copy(model.parameters[at(op_.bias)], bias.begin());
    if (!op_.geometry.int8.any()) return;
    // Sets the scales of 8-bit integers, and in inference rounds to their multiples.
    const std::vector<float>& weights = model.parameters[at(op_.weight)];
    kernels::scale_weights(op_.geometry, weights, output_scales, input_scales);
    if (training_ || !op_.geometry.int8.forward) return;
    rounded_ = weights;
    kernels::round_weights(op_.geometry, output_scales, rounded_);
  }

  int packing_items() const override { return divide_up(geometry.out.channels, kOutputsTogether); }

  void pack(int item, const graph::Model& model) override {
    const int first = item * kOutputsTogether;
    const int last = std::min(first + kOutputsTogether, geometry.out.channels);
    const std::vector<float>& weights = rounded_.empty() ? model.parameters[at(op_.weight)] : rounded_;
    kernels::pack_weights(geometry, weights, first, last,
                          {forward.span<bf16>(), backward.span<bf16>(), output_scales, input_scales});
  }

  int reduction_items() const override { return geometry.out.channel_blocks(); }

  void reduce(int output_block, const BatchExtent& batch, Gradients& gradients) const override {
    const int first = output_block * kBlockChannels;
    const int last = std::min(first + kBlockChannels, geometry.out.channels);
    if (weight_lanes.bytes() > 0) {
      kernels_.reduce_weight_gradient({.geometry = geometry,
                                       .slots = weight_lanes.data(),
                                       .slot_count = batch.lanes,
                                       .first_output = first,
                                       .last_output = last,
                                       .weights_gradient = gradients[at(op_.weight)].data()});
    }
    if (bias_lanes.bytes() == 0) return;
    const int row = geometry.out.padded_channels();
    for (int channel = first; channel < last; ++channel) {
      const auto of_lane = [&](int lane) { return bias_lanes.as<float>()[lane * row + channel]; };
      gradients[at(op_.bias)][at(channel)] = tree_sum(batch.lanes, of_lane);
    }
  }

  kernels::ConvolutionGeometry geometry;  // as it is multiplied: in inference without 8-bit integers
  Buffer forward;                         // packed weights
  Buffer backward;                        // empty where no data gradient is computed
  // Where training multiplies 8-bit integers: the weights' scales, padded to whole channel blocks, and by
  // block the largest magnitudes of the input and of the gradient.
  std::vector<float> output_scales, input_scales;
  std::vector<float> largest_x, largest_dy;
  std::vector<float> bias;
  Buffer weight_lanes;  // [lanes], of weight_gradient_bytes each
  Buffer bias_lanes;    // [lanes][padded channels]

 private:
  void make_lanes(const Step& step, const NodeContext& context) {
    const std::int64_t lanes = context.largest.lanes;
    if (step.input() != graph::kNone) weight_lanes = Buffer(kernels::weight_gradient_bytes(geometry) * lanes);
    if (context.trains(op_.bias))
      bias_lanes = Buffer(std::int64_t{geometry.out.padded_channels()} * 4 * lanes);
  }

  const ConvolutionOp& op_;
  const kernels::ConvolutionKernels& kernels_;
  bool training_;
  std::vector<float> rounded_;  // in inference the weights as training in 8-bit integers rounds them
};

void forward(StepRunner& runner, const Step& step) {
  auto& state = runner.state<ConvolutionState>(step);
  const kernels::ConvolutionKernels& kernels = runner.kernels().convolution;
  const bf16* x = runner.buffer(step.input());
  float largest_x = 0;
  if (state.geometry.int8.forward || (state.geometry.int8.weights && state.weight_lanes.bytes() > 0))
    largest_x = runner.largest_magnitude(step.input(), state.geometry.in);
  if (step.integers != graph::kNone) {
    kernels.round_inputs(state.geometry.in, runner.images(), x, largest_x, runner.buffer(step.integers));
    x = runner.buffer(step.integers);
  }
  if (!state.largest_x.empty()) state.largest_x[at(runner.place().block)] = largest_x;
  const bool measures = kernels::applies_activation(state.geometry);
  kernels.forward({.geometry = state.geometry,
                   .images = runner.images(),
                   .x = x,
                   .weights = state.forward.as<bf16>(),
                   .bias = state.bias.empty() ? nullptr : state.bias.data(),
                   .y = runner.buffer(step.output()),
                   .argmax = runner.buffer<std::uint8_t>(step.winners),
                   .scratch = runner.buffer(step.scratch),
                   .weight_scales = state.output_scales.data(),
                   .largest_x = largest_x,
                   .activation = step.activation,
                   .largest_y = measures ? runner.measure(step.output()) : nullptr});
}

void bias(StepRunner& runner, const Step& step, const ConvolutionState& state) {
  if (state.bias_lanes.bytes() == 0) return;
  const int channels = state.geometry.out.padded_channels();
  float* gradient = state.bias_lanes.as<float>() + runner.place().lane * channels;
  if (runner.place().index == 0) std::fill_n(gradient, channels, 0.0f);
  runner.kernels().convolution.backward_bias(state.geometry.written(), runner.buffer(step.gradient),
                                             gradient);
}

void weights(StepRunner& runner, const Step& step) {
  auto& state = runner.state<ConvolutionState>(step);
  bias(runner, step, state);
  if (step.input() == graph::kNone) return;
  const StepRunner::Place& place = runner.place();
  if (state.geometry.int8.data || state.geometry.int8.weights)
    state.largest_dy[at(place.block)] = runner.largest_magnitude(step.gradient, state.geometry.written());
  const int together = kernels::weight_gradient_blocks(state.geometry);
  const int waiting = place.index % together;
  if (waiting + 1 < together && !place.last_of_lane) return;
  std::vector<kernels::GradientOperands> blocks;
  for (int before = waiting; before >= 0; --before) {
    blocks.push_back({.x = runner.buffer(step.input(), before),
                      .dy = runner.buffer(step.gradient, before),
                      .argmax = runner.buffer<std::uint8_t>(step.winners, before)});
    if (!state.geometry.int8.weights) continue;
    blocks.back().largest_x = state.largest_x[at(place.block - before)];
    blocks.back().largest_dy = state.largest_dy[at(place.block - before)];
  }
  const std::int64_t lane = place.lane * kernels::weight_gradient_bytes(state.geometry);
  runner.kernels().convolution.backward_weights({.geometry = state.geometry,
                                                 .blocks = blocks.data(),
                                                 .block_count = static_cast<int>(blocks.size()),
                                                 .scratch = runner.buffer(step.scratch),
                                                 .weight_gradient = state.weight_lanes.data() + lane,
                                                 .accumulate = place.index > waiting});
}

void data(StepRunner& runner, const Step& step) {
  const auto& state = runner.state<ConvolutionState>(step);
  float largest_dy = 0;
  if (state.geometry.int8.data) {
    // Known where the weights' gradient came before.
    largest_dy = state.weight_lanes.bytes() > 0
                     ? state.largest_dy[at(runner.place().block)]
                     : runner.largest_magnitude(step.gradient, state.geometry.written());
  }
  runner.kernels().convolution.backward_data({.geometry = state.geometry,
                                              .images = runner.images(),
                                              .dy = runner.buffer(step.gradient),
                                              .weights = state.backward.as<bf16>(),
                                              .dx = runner.buffer(step.output()),
                                              .argmax = runner.buffer<std::uint8_t>(step.winners),
                                              .scratch = runner.buffer(step.scratch),
                                              .weight_scales = state.input_scales.data(),
                                              .largest_dy = largest_dy});
}

double flop(const graph::Graph& graph, const Plan& plan, const Step& step) {
  if (step.pass == &kConvolutionWeightsPass && step.input() == graph::kNone) return 0;
  const auto& geometry = graph.nodes[at(step.node)].as<ConvolutionOp>()->geometry;
  return kernels::convolution_flop(geometry).executed / (multiplies_int8(graph, plan, step) ? 2 : 1);
}

class Convolution final : public CpuOpOf<ConvolutionOp> {
 public:
  std::vector<const Pass*> passes() const override {
    return {&kConvolutionPass, &kConvolutionDataPass, &kConvolutionWeightsPass};
  }

  // Integers that the forward pass has made of its input are all that the weights' gradient needs of it. Also
  // of an input that is cheap to compute: not to be rounded again.
  bool backward_reads(const graph::Node& node, std::size_t input,
                      const std::vector<bool>& trained) const override {
    return kernels::rounded_input_elements(node.as<ConvolutionOp>()->geometry) == 0 &&
           node.op->backward_reads(input, trained);
  }

  void plan_forward(Planner& planner, int node) const override {
    const auto& op = *planner.node(node).as<ConvolutionOp>();
    const int input = planner.node(node).inputs[0];
    const int activation = planner.applied_activation(node);
    Step step{.pass = &kConvolutionPass,
              .node = node,
              .outputs = {planner.value(activation == graph::kNone ? node : activation)}};
    if (activation != graph::kNone)
      step.activation = planner.node(activation).as<graph::ActivationOp>()->kind;
    const int made_integers = planner.training() ? integers(planner, node) : graph::kNone;
    if (planner.taker_of_integers(input) == node) {
      step.inputs = {made_integers};
    } else {
      step.inputs = {planner.value(input)};
      step.integers = made_integers;
    }
    if (op.geometry.pool && planner.training() && planner.carries_gradient(node))
      step.winners = winners(planner, node);
    step.scratch = scratch(planner, kernels::forward_scratch_elements(op.geometry));
    planner.emit(std::move(step));
  }

  void plan_backward(Planner& planner, int node) const override {
    const auto& op = *planner.node(node).as<ConvolutionOp>();
    if (planner.trains(op.weight) || planner.trains(op.bias)) plan_weights(planner, node);
    if (planner.carries_gradient(planner.node(node).inputs[0])) plan_data(planner, node);
  }

  // Two blocks fill the depth of a weight gradient's tiles of 8-bit integers.
  int blocks_together(const graph::Node& node, const Plan& plan) const override {
    return plan.training && node.as<ConvolutionOp>()->geometry.int8.weights ? 2 : 1;
  }

  std::unique_ptr<NodeState> state(const NodeContext& context) const override {
    return std::make_unique<ConvolutionState>(context);
  }

 private:
  // What the forward pass rounds its input to; kNone where it rounds nothing.
  static int integers(Planner& planner, int node) {
    const auto& geometry = planner.node(node).as<ConvolutionOp>()->geometry;
    const std::int64_t elements = kernels::rounded_input_elements(geometry);
    return elements == 0 ? graph::kNone : planner.keepsake(node, Keepsake::integers, elements * 2);
  }

  // One byte a value.
  static int winners(Planner& planner, int node) {
    return planner.keepsake(node, Keepsake::winners, planner.node(node).shape.block_elements());
  }

  static int scratch(Planner& planner, std::int64_t elements) {
    return elements == 0 ? graph::kNone : planner.new_buffer(elements * 2);
  }

  static void plan_weights(Planner& planner, int node) {
    const auto& op = *planner.node(node).as<ConvolutionOp>();
    const kernels::ConvolutionGeometry& geometry = op.geometry;
    Step step{.pass = &kConvolutionWeightsPass, .node = node, .gradient = planner.gradient(node)};
    if (geometry.pool) step.winners = winners(planner, node);
    if (planner.trains(op.weight)) {
      const int made_integers = integers(planner, node);
      step.inputs = {made_integers == graph::kNone ? planner.value(planner.node(node).inputs[0])
                                                   : made_integers};
      step.scratch = scratch(planner, kernels::weight_gradient_scratch_elements(geometry));
      for (const int operand : {step.input(), step.winners, step.gradient}) {
        if (operand != graph::kNone)
          planner.keep_for_blocks(operand, kernels::weight_gradient_blocks(geometry));
      }
    }
    planner.emit(std::move(step));
  }

  static void plan_data(Planner& planner, int node) {
    const auto& geometry = planner.node(node).as<ConvolutionOp>()->geometry;
    const int input = planner.node(node).inputs[0];
    Step step{.pass = &kConvolutionDataPass, .node = node, .gradient = planner.gradient(node)};
    if (geometry.pool) step.winners = winners(planner, node);
    step.scratch = scratch(planner, kernels::backward_data_scratch_elements(geometry));
    const int contribution = planner.contribution(input);
    step.outputs = {contribution};
    planner.emit(std::move(step));
    planner.add_contribution(input, contribution);
  }
};

}  // namespace

const Pass kConvolutionPass{
    .name = "convolution", .kind = WorkKind::convolution_forward, .run = forward, .flop = flop};
const Pass kConvolutionWeightsPass{.name = "convolution weights",
                                   .kind = WorkKind::convolution_weights,
                                   .run = weights,
                                   .sums_in_lanes = true,
                                   .flop = flop};
const Pass kConvolutionDataPass{
    .name = "convolution data", .kind = WorkKind::convolution_data, .run = data, .flop = flop};

bool multiplies_int8(const graph::Graph& graph, const Plan& plan, const Step& step) {
  if (!plan.training || step.node == graph::kNone) return false;
  const auto* convolution = graph.nodes[at(step.node)].as<ConvolutionOp>();
  if (convolution == nullptr) return false;
  const kernels::Int8Passes& int8 = convolution->geometry.int8;
  if (step.pass == &kConvolutionPass) return int8.forward;
  return step.pass == &kConvolutionDataPass ? int8.data : int8.weights;
}

const CpuOp& cpu_part(std::type_identity<ConvolutionOp>) {
  static const Convolution part;
  return part;
}

}  // namespace ftl::engine
