#include "engine/cpu/ops/batch_norm.hpp"

#include <algorithm>

#include "base/tree_sum.hpp"
#include "engine/cpu/cpu_op.hpp"
#include "engine/cpu/planner.hpp"
#include "engine/cpu/step_runner.hpp"
#include "graph/ops/batch_norm.hpp"
#include "graph/ops/convolution.hpp"
#include "tensor/buffer.hpp"

namespace ftl::engine {
namespace {

using graph::BatchNormOp;

class BatchNormState final : public NodeState {
 public:
  explicit BatchNormState(const NodeContext& context)
      : op_(*context.graph_node().as<BatchNormOp>()),
        shape_(context.graph_node().shape),
        learns_scale_(context.trains(op_.scale)),
        learns_bias_(context.trains(op_.bias)),
        training_(context.plan.training) {
    const std::size_t channels = at(shape_.padded_channels());
    for (std::vector<float>* values : {&multiplier, &offset, &a, &b, &c}) values->assign(channels, 0.0f);
    moments_.resize(channels);
    if (!training_) return;
    const std::int64_t bytes = std::int64_t{context.largest.blocks} * 2 * shape_.padded_channels() * 4;
    forward_sums = Buffer(bytes);
    backward_sums = Buffer(bytes);
    const auto writes_integers = [](const Step* step) {
      return step->pass == &kBatchNormPass && step->integers != graph::kNone;
    };
    if (std::ranges::any_of(context.steps, writes_integers)) extremes = Buffer(bytes);
  }

  // In inference.
  void load(const graph::Model& model) override {
    if (training_) return;
    const graph::RunningStatistics& running = model.norms[at(op_.statistics)];
    for (int channel = 0; channel < shape_.channels; ++channel)
      set_affine(channel, running.mean[at(channel)], running.variance[at(channel)], model);
  }

  void finish_statistics(const BatchExtent& batch, graph::Model& model) override {
    graph::RunningStatistics& running = model.norms[at(op_.statistics)];
    const double count = values_a_channel(batch);
    for (int channel = 0; channel < shape_.channels; ++channel) {
      const auto [sum, squares] = total(forward_sums, batch, channel);
      const kernels::BatchNormMoments moments = kernels::batch_norm_moments(sum, squares, count);
      moments_[at(channel)] = moments;
      set_affine(channel, moments.mean, moments.variance, model);
      // Running variance is the unbiased one, as in PyTorch.
      const double unbiased = count > 1 ? moments.variance * count / (count - 1) : moments.variance;
      const auto blend = [&](float& value, double batch_value) {
        value = static_cast<float>((1 - op_.momentum) * value + op_.momentum * batch_value);
      };
      blend(running.mean[at(channel)], moments.mean);
      blend(running.variance[at(channel)], unbiased);
    }
  }

  void finish_backward_sums(const BatchExtent& batch, const graph::Model& model,
                            Gradients& gradients) override {
    const double count = values_a_channel(batch);
    for (int channel = 0; channel < shape_.channels; ++channel) {
      const auto [sum_dz, sum_dz_x] = total(backward_sums, batch, channel);
      const kernels::BatchNormGradient gradient = kernels::batch_norm_gradient(
          moments_[at(channel)], op_.eps, gamma(channel, model), sum_dz, sum_dz_x, count);
      a[at(channel)] = gradient.a;
      b[at(channel)] = gradient.b;
      c[at(channel)] = gradient.c;
      if (learns_scale_) gradients[at(op_.scale)][at(channel)] = gradient.dgamma;
      if (learns_bias_) gradients[at(op_.bias)][at(channel)] = gradient.dbeta;
    }
  }

  // A block's two rows of a buffer, a value for each channel; null where there is no such buffer.
  struct ChannelRows {
    float* first = nullptr;
    float* second = nullptr;
  };
  ChannelRows rows(const Buffer& of, int block) const {
    if (of.bytes() == 0) return {};
    const int row = shape_.padded_channels();
    float* of_block = of.as<float>() + std::int64_t{block} * 2 * row;
    return {of_block, of_block + row};
  }
  ChannelRows zeroed_rows(const Buffer& of, int block) const {
    const ChannelRows zeroed = rows(of, block);
    for (float* row : {zeroed.first, zeroed.second}) std::fill_n(row, shape_.padded_channels(), 0.0f);
    return zeroed;
  }

  std::vector<float> multiplier, offset;  // forward
  std::vector<float> a, b, c;             // backward
  // [blocks][2][padded channels]
  Buffer forward_sums;
  Buffer backward_sums;
  Buffer extremes;  // of its input, where its output is rounded at once

 private:
  struct Sums {
    double first = 0;
    double second = 0;
  };
  Sums total(const Buffer& of, const BatchExtent& batch, int channel) const {
    return {tree_sum(batch.blocks, [&](int block) { return double{rows(of, block).first[channel]}; }),
            tree_sum(batch.blocks, [&](int block) { return double{rows(of, block).second[channel]}; })};
  }

  double values_a_channel(const BatchExtent& batch) const {
    return static_cast<double>(batch.images) * shape_.positions();
  }

  float gamma(int channel, const graph::Model& model) const {
    return op_.scale == graph::kNone ? 1.0f : model.parameters[at(op_.scale)][at(channel)];
  }

  void set_affine(int channel, double mean, double variance, const graph::Model& model) {
    const float beta = op_.bias == graph::kNone ? 0.0f : model.parameters[at(op_.bias)][at(channel)];
    const kernels::BatchNormAffine affine =
        kernels::batch_norm_affine(mean, variance, op_.eps, gamma(channel, model), beta);
    multiplier[at(channel)] = affine.multiplier;
    offset[at(channel)] = affine.offset;
  }

  const BatchNormOp& op_;
  Shape shape_;
  bool learns_scale_;
  bool learns_bias_;
  bool training_;
  std::vector<kernels::BatchNormMoments> moments_;
};

void statistics(StepRunner& runner, const Step& step) {
  const auto& state = runner.state<BatchNormState>(step);
  const auto sums = state.zeroed_rows(state.forward_sums, runner.place().block);
  const auto extremes = state.rows(state.extremes, runner.place().block);
  runner.kernels().batch_norm.statistics({.shape = runner.node(step).shape,
                                          .images = runner.images(),
                                          .x = runner.buffer(step.input()),
                                          .sum = sums.first,
                                          .sum_of_squares = sums.second,
                                          .smallest = extremes.first,
                                          .largest = extremes.second});
}

void forward_rounded(StepRunner& runner, const Step& step) {
  const auto& state = runner.state<BatchNormState>(step);
  const auto extremes = state.rows(state.extremes, runner.place().block);
  const float largest =
      runner.kernels().batch_norm.forward_rounded({.shape = runner.node(step).shape,
                                                   .activation = runner.op<BatchNormOp>(step).activation,
                                                   .images = runner.images(),
                                                   .x = runner.buffer(step.input()),
                                                   .multiplier = state.multiplier.data(),
                                                   .offset = state.offset.data(),
                                                   .smallest = extremes.first,
                                                   .largest = extremes.second,
                                                   .integers = runner.buffer(step.integers)});
  *runner.measure(step.integers) = largest;
}

void forward(StepRunner& runner, const Step& step) {
  if (step.integers != graph::kNone) return forward_rounded(runner, step);
  const auto& state = runner.state<BatchNormState>(step);
  runner.kernels().batch_norm.forward({.shape = runner.node(step).shape,
                                       .activation = runner.op<BatchNormOp>(step).activation,
                                       .images = runner.images(),
                                       .x = runner.buffer(step.input()),
                                       .multiplier = state.multiplier.data(),
                                       .offset = state.offset.data(),
                                       .y = runner.buffer(step.output()),
                                       .largest_y = runner.measure(step.output())});
}

void reduce(StepRunner& runner, const Step& step) {
  const auto& state = runner.state<BatchNormState>(step);
  const auto sums = state.zeroed_rows(state.backward_sums, runner.place().block);
  runner.kernels().batch_norm.backward_reduce({.shape = runner.node(step).shape,
                                               .activation = runner.op<BatchNormOp>(step).activation,
                                               .images = runner.images(),
                                               .x = runner.buffer(step.input()),
                                               .multiplier = state.multiplier.data(),
                                               .offset = state.offset.data(),
                                               .dy = runner.buffer(step.gradient),
                                               .dz = runner.buffer(step.output()),
                                               .sum_dz = sums.first,
                                               .sum_dz_x = sums.second});
}

void data(StepRunner& runner, const Step& step) {
  const auto& state = runner.state<BatchNormState>(step);
  runner.kernels().batch_norm.backward({.shape = runner.node(step).shape,
                                        .images = runner.images(),
                                        .dz = runner.buffer(step.gradient),
                                        .x = runner.buffer(step.input()),
                                        .a = state.a.data(),
                                        .b = state.b.data(),
                                        .c = state.c.data(),
                                        .dx = runner.buffer(step.output()),
                                        .largest_dx = runner.measure(step.output())});
}

class BatchNorm final : public CpuOpOf<BatchNormOp> {
 public:
  // The second one is the backward pass.
  std::vector<const Pass*> passes() const override {
    return {&kBatchNormPass, &kBatchNormDataPass, &kStatisticsPass, &kBatchNormReducePass};
  }

  void plan_forward(Planner& planner, int node) const override {
    const int convolution = planner.taker_of_integers(node);
    if (convolution == graph::kNone) return CpuOp::plan_forward(planner, node);
    const auto& taker = *planner.node(convolution).as<graph::ConvolutionOp>();
    const std::int64_t bytes = kernels::rounded_input_elements(taker.geometry) * 2;
    planner.emit({.pass = &kBatchNormPass,
                  .node = node,
                  .inputs = {planner.value(planner.node(node).inputs[0])},
                  .integers = planner.keepsake(convolution, Planner::Keepsake::integers, bytes)});
  }

  void plan_statistics(Planner& planner, int node) const override {
    planner.emit(
        {.pass = &kStatisticsPass, .node = node, .inputs = {planner.value(planner.node(node).inputs[0])}});
  }

  void plan_backward_sums(Planner& planner, int node) const override {
    const int reduced = planner.new_buffer(value_bytes(planner.node(node)));
    planner.emit({.pass = &kBatchNormReducePass,
                  .node = node,
                  .inputs = {planner.value(planner.node(node).inputs[0])},
                  .gradient = planner.gradient(node),
                  .outputs = {reduced}});
    planner.replace_gradient(node, reduced);
  }

  std::unique_ptr<NodeState> state(const NodeContext& context) const override {
    return std::make_unique<BatchNormState>(context);
  }
};

}  // namespace

const Pass kStatisticsPass{.name = "statistics", .kind = WorkKind::norm, .run = statistics};
const Pass kBatchNormPass{.name = "batch norm", .kind = WorkKind::norm, .run = forward};
const Pass kBatchNormReducePass{.name = "batch norm reduce", .kind = WorkKind::norm, .run = reduce};
const Pass kBatchNormDataPass{.name = "batch norm data", .kind = WorkKind::norm, .run = data};

const CpuOp& cpu_part(std::type_identity<BatchNormOp>) {
  static const BatchNorm part;
  return part;
}

}  // namespace ftl::engine
