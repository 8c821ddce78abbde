#include "net/executor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <stdexcept>

#include "base/index.hpp"
#include "base/tree_sum.hpp"
#include "net/activity.hpp"
#include "net/step_runner.hpp"

namespace ftl::net {
namespace {

// Of a batch's blocks: few enough that adding them up is cheap, enough for many threads, and a power of two
// so that two, four or eight threads share them evenly. With fewer than four blocks to a lane, writing and
// reading its sums takes longer than more threads than eight would save (docs/lab-notebook.md).
int lanes_for(int blocks) {
  if (blocks >= 60) return 16;
  if (blocks >= 16) return 8;
  return std::min(blocks, 4);
}

}  // namespace

Executor::Executor(const Graph& graph, Plan plan, const kernels::Kernels& kernels, ThreadPool& threads,
                   const ExecutorOptions& options)
    : graph_(graph),
      plan_(std::move(plan)),
      kernels_(kernels),
      threads_(threads),
      options_(options),
      images_(options.max_images),
      kept_(options.kept != nullptr ? *options.kept : own_kept_) {
  const std::int64_t kept_bytes = plan_.kept_bytes * blocks();
  if (kept_.bytes() < kept_bytes) kept_ = Buffer(kept_bytes);
  for (int thread = 0; thread < threads.threads(); ++thread) scratch_.emplace_back(plan_.scratch_bytes);
  targets_.resize(plan_.training ? at(blocks()) * kBlockImages : 0);
  losses_.resize(at(blocks()));
  prepare_convolutions();
  prepare_norms();
}

int Executor::images_of(int block) const {
  return static_cast<int>(std::min<std::int64_t>(kBlockImages, images_ - std::int64_t{block} * kBlockImages));
}

int Executor::lanes() const {
  return std::min(lanes_for(blocks()), divide_up(blocks(), blocks_together_));
}

// Lanes hold neighbouring blocks, sizes differing by at most as many as stay together.
int Executor::first_block(int lane) const {
  const std::int64_t groups = divide_up(blocks(), blocks_together_);
  return std::min(blocks(), static_cast<int>(lane * groups / lanes()) * blocks_together_);
}

// The order in which threads take lanes: longest first, so that at the end they wait at most for a short one.
std::vector<int> Executor::longest_lanes_first() const {
  std::vector<int> order(at(lanes()));
  std::iota(order.begin(), order.end(), 0);
  const auto length = [this](int lane) { return first_block(lane + 1) - first_block(lane); };
  std::ranges::stable_sort(order, std::greater{}, length);
  return order;
}

void Executor::prepare_convolutions() {
  convolution_of_node_.assign(graph_.nodes.size(), kNone);
  for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
    const auto* op = graph_.nodes[n].as<ConvolutionNode>();
    if (op == nullptr) continue;
    ConvolutionState state;
    state.node = static_cast<int>(n);
    state.geometry = op->geometry;
    if (!plan_.training) state.geometry.int8 = {};
    // Two blocks fill the depth of a weight gradient's tiles of 8-bit integers.
    if (state.geometry.int8.weights) blocks_together_ = 2;
    state.forward = Buffer(kernels::forward_weight_elements(state.geometry) * 2);
    if (op->geometry.int8.any()) {
      state.output_scales.resize(at(op->geometry.out.padded_channels()));
      state.input_scales.resize(at(op->geometry.in.padded_channels()));
    }
    if (state.geometry.int8.any()) {
      state.largest_x.resize(at(blocks()));
      state.largest_dy.resize(at(blocks()));
    }
    if (op->bias != kNone) state.bias.assign(at(op->geometry.out.padded_channels()), 0.0f);
    convolution_of_node_[n] = static_cast<int>(convolutions_.size());
    convolutions_.push_back(std::move(state));
  }
  for (const Segment& segment : plan_.segments) {
    for (const Step& step : segment.steps) {
      if (step.kind != StepKind::convolution_data && step.kind != StepKind::convolution_weights) continue;
      const ConvolutionNode& op = *graph_.nodes[at(step.node)].as<ConvolutionNode>();
      ConvolutionState& state = convolutions_[at(convolution_of_node_[at(step.node)])];
      if (step.kind == StepKind::convolution_data) {
        state.backward = Buffer(kernels::backward_weight_elements(state.geometry) * 2);
        continue;
      }
      if (step.in != kNone)
        state.weight_lanes = Buffer(kernels::weight_gradient_bytes(state.geometry) * lanes());
      if (trains(op.bias)) {
        state.bias_lanes = Buffer(std::int64_t{op.geometry.out.padded_channels()} * 4 * lanes());
      }
    }
  }
}

void Executor::prepare_norms() {
  for (const Shape& shape : graph_.norms) {
    const std::size_t channels = at(shape.padded_channels());
    NormState state;
    for (std::vector<float>* values : {&state.multiplier, &state.offset, &state.a, &state.b, &state.c}) {
      values->assign(channels, 0.0f);
    }
    state.moments.resize(channels);
    if (plan_.training) {
      const std::int64_t bytes = std::int64_t{blocks()} * 2 * shape.padded_channels() * 4;
      state.forward_sums = Buffer(bytes);
      state.backward_sums = Buffer(bytes);
    }
    norms_.push_back(std::move(state));
  }
  for (const Segment& segment : plan_.segments) {
    for (const Step& step : segment.steps) {
      if (step.kind != StepKind::batch_norm || step.rounded == kNone) continue;
      NormState& state = norms_[at(graph_.nodes[at(step.node)].as<BatchNormNode>()->statistics)];
      state.extremes = Buffer(state.forward_sums.bytes());
    }
  }
}

// Before weights are packed: sets the scales of 8-bit integers, and in inference rounds to their multiples.
void Executor::scale_or_round(ConvolutionState& state, std::span<const float> weights) {
  const kernels::ConvolutionGeometry& geometry = graph_.nodes[at(state.node)].as<ConvolutionNode>()->geometry;
  if (!geometry.int8.any()) return;
  kernels::scale_weights(geometry, weights, state.output_scales, state.input_scales);
  if (plan_.training || !geometry.int8.forward) return;
  state.rounded.assign(weights.begin(), weights.end());
  kernels::round_weights(geometry, state.output_scales, state.rounded);
}

void Executor::pack_weights(const Model& model) {
  const ActivityScope doing(threads_, activity(Chore::weight_packing));
  threads_.parallel_for(static_cast<std::int64_t>(convolutions_.size()), [&](std::int64_t index, int) {
    ConvolutionState& state = convolutions_[static_cast<std::size_t>(index)];
    const ConvolutionNode& op = *graph_.nodes[at(state.node)].as<ConvolutionNode>();
    scale_or_round(state, model.parameters[at(op.weight)]);
  });
  // Packing is spread over threads, by outputs that share no cache line of the packed weights.
  constexpr int kOutputsTogether = 2 * kBlockChannels;
  struct Item {
    int convolution;
    int first_output;
  };
  std::vector<Item> items;
  for (std::size_t c = 0; c < convolutions_.size(); ++c) {
    const ConvolutionNode& op = *graph_.nodes[at(convolutions_[c].node)].as<ConvolutionNode>();
    for (int output = 0; output < op.geometry.out.channels; output += kOutputsTogether)
      items.push_back({static_cast<int>(c), output});
    if (op.bias != kNone) std::ranges::copy(model.parameters[at(op.bias)], convolutions_[c].bias.begin());
  }
  threads_.parallel_for(static_cast<std::int64_t>(items.size()), [&](std::int64_t index, int) {
    const Item item = items[static_cast<std::size_t>(index)];
    ConvolutionState& state = convolutions_[at(item.convolution)];
    const ConvolutionNode& op = *graph_.nodes[at(state.node)].as<ConvolutionNode>();
    const int last = std::min(item.first_output + kOutputsTogether, op.geometry.out.channels);
    const std::vector<float>& weights =
        state.rounded.empty() ? model.parameters[at(op.weight)] : state.rounded;
    kernels::pack_weights(state.geometry, weights, item.first_output, last, state.weights());
  });
}

void Executor::load(const Model& model) {
  pack_weights(model);
  if (plan_.training) return;
  for (const Node& node : graph_.nodes) {
    const auto* norm = node.as<BatchNormNode>();
    if (norm == nullptr) continue;
    const RunningStatistics& running = model.norms[at(norm->statistics)];
    for (int channel = 0; channel < node.shape.channels; ++channel) {
      set_affine(*norm, channel, running.mean[at(channel)], running.variance[at(channel)], model);
    }
  }
}

void Executor::set_affine(const BatchNormNode& norm, int channel, double mean, double variance,
                          const Model& model) {
  const float gamma = norm.scale == kNone ? 1.0f : model.parameters[at(norm.scale)][at(channel)];
  const float beta = norm.bias == kNone ? 0.0f : model.parameters[at(norm.bias)][at(channel)];
  const kernels::BatchNormAffine affine = kernels::batch_norm_affine(mean, variance, norm.eps, gamma, beta);
  NormState& state = norms_[at(norm.statistics)];
  state.multiplier[at(channel)] = affine.multiplier;
  state.offset[at(channel)] = affine.offset;
}

void Executor::accept(const Batch& batch) {
  if (batch.images < 1 || batch.images > options_.max_images) {
    throw std::invalid_argument(
        fmt::format("a batch of {} images for an executor of 1 to {}", batch.images, options_.max_images));
  }
  images_ = batch.images;
}

TrainingResult Executor::train(const Batch& batch, Model& model, std::vector<std::vector<float>>& gradients) {
  accept(batch);
  for (const Segment& segment : plan_.segments) run(segment, batch, model, gradients);
  TrainingResult result;
  for (int block = 0; block < blocks(); ++block) {
    const kernels::LossResult& loss = losses_[at(block)];
    result.loss += loss.loss;
    result.correct += loss.correct;
    result.gradient_norms.insert(result.gradient_norms.end(), loss.gradient_norms.begin(),
                                 loss.gradient_norms.begin() + images_of(block));
  }
  return result;
}

void Executor::run(const Segment& segment, const Batch& batch, Model& model,
                   std::vector<std::vector<float>>& gradients) {
  run_segment(segment, batch);
  for (const int node : segment.forward_statistics) finish_statistics(node, model);
  for (const int node : segment.backward_sums) finish_backward_sums(node, model, gradients);
  if (segment.sums_weights) reduce_lanes(segment, gradients);
}

void Executor::infer(const Batch& batch, std::span<float> logits) {
  accept(batch);
  run_segment(plan_.segments.front(), batch);
  const Shape shape{graph_.classes, 1, 1};
  const PlanBuffer& output = plan_.buffers[at(plan_.output)];
  const auto scale = static_cast<float>(graph_.logit_scale);
  for (std::int64_t image = 0; image < images_; ++image) {
    const std::int64_t block = image / kBlockImages;
    const auto* values =
        reinterpret_cast<const bf16*>(kept_.data() + block * plan_.kept_bytes + output.offset);
    for (int c = 0; c < graph_.classes; ++c) {
      const std::int64_t index = blocked_index(shape, static_cast<int>(image % kBlockImages), c, 0, 0);
      logits[static_cast<std::size_t>(image * graph_.classes + c)] = scale * to_float(values[index]);
    }
  }
}

void Executor::run_segment(const Segment& segment, const Batch& batch) {
  if (!segment.sums_weights) {
    threads_.parallel_for(blocks(), [&](std::int64_t block, int thread) {
      StepRunner(*this, batch, thread).run(segment, {.block = static_cast<int>(block)});
    });
    return;
  }
  const std::vector<int> order = longest_lanes_first();
  threads_.parallel_for(lanes(), [&](std::int64_t item, int thread) {
    const int lane = order[at(static_cast<int>(item))];
    StepRunner runner(*this, batch, thread);
    const int first = first_block(lane);
    const int last = first_block(lane + 1);
    for (int block = first; block < last; ++block) {
      runner.run(segment,
                 {.block = block, .lane = lane, .index = block - first, .last_of_lane = block + 1 == last});
    }
  });
}

// Two sums over a batch's blocks, as trees.
struct Executor::BlockSums {
  double first;
  double second;
};

Executor::BlockSums Executor::add_blocks(const Buffer& of_blocks, int row, int channel) const {
  const auto value = [&](int block, int which) {
    return static_cast<double>(of_blocks.as<float>()[(std::int64_t{block} * 2 + which) * row + channel]);
  };
  return {tree_sum(blocks(), [&](int block) { return value(block, 0); }),
          tree_sum(blocks(), [&](int block) { return value(block, 1); })};
}

void Executor::finish_statistics(int node, Model& model) {
  const ActivityScope doing(threads_, activity(Chore::finish_statistics, node));
  const BatchNormNode& norm = *graph_.nodes[at(node)].as<BatchNormNode>();
  const Shape& shape = graph_.nodes[at(node)].shape;
  NormState& state = norms_[at(norm.statistics)];
  RunningStatistics& running = model.norms[at(norm.statistics)];
  const int row = shape.padded_channels();
  const double count = static_cast<double>(images_) * shape.positions();
  for (int channel = 0; channel < shape.channels; ++channel) {
    const BlockSums sums = add_blocks(state.forward_sums, row, channel);
    const kernels::BatchNormMoments moments = kernels::batch_norm_moments(sums.first, sums.second, count);
    state.moments[at(channel)] = moments;
    set_affine(norm, channel, moments.mean, moments.variance, model);
    // Running variance is the unbiased one, as in PyTorch.
    const double unbiased = count > 1 ? moments.variance * count / (count - 1) : moments.variance;
    const auto blend = [&](float& value, double batch_value) {
      value = static_cast<float>((1 - norm.momentum) * value + norm.momentum * batch_value);
    };
    blend(running.mean[at(channel)], moments.mean);
    blend(running.variance[at(channel)], unbiased);
  }
}

void Executor::finish_backward_sums(int node, const Model& model,
                                    std::vector<std::vector<float>>& gradients) {
  const ActivityScope doing(threads_, activity(Chore::finish_statistics, node));
  const BatchNormNode& norm = *graph_.nodes[at(node)].as<BatchNormNode>();
  const Shape& shape = graph_.nodes[at(node)].shape;
  NormState& state = norms_[at(norm.statistics)];
  const int row = shape.padded_channels();
  const double count = static_cast<double>(images_) * shape.positions();
  for (int channel = 0; channel < shape.channels; ++channel) {
    const BlockSums sums = add_blocks(state.backward_sums, row, channel);
    const float gamma = norm.scale == kNone ? 1.0f : model.parameters[at(norm.scale)][at(channel)];
    const kernels::BatchNormGradient gradient = kernels::batch_norm_gradient(
        state.moments[at(channel)], norm.eps, gamma, sums.first, sums.second, count);
    state.a[at(channel)] = gradient.a;
    state.b[at(channel)] = gradient.b;
    state.c[at(channel)] = gradient.c;
    if (trains(norm.scale)) gradients[at(norm.scale)][at(channel)] = gradient.dgamma;
    if (trains(norm.bias)) gradients[at(norm.bias)][at(channel)] = gradient.dbeta;
  }
}

void Executor::reduce_lanes(const Segment& segment, std::vector<std::vector<float>>& gradients) {
  const ActivityScope doing(threads_, activity(Chore::gradient_reduction));
  struct Item {
    const Step* step;
    int output_block;
  };
  std::vector<Item> items;
  for (const Step& step : segment.steps) {
    if (step.kind != StepKind::convolution_weights) continue;
    const int output_blocks =
        graph_.nodes[at(step.node)].as<ConvolutionNode>()->geometry.out.channel_blocks();
    for (int block = 0; block < output_blocks; ++block) items.push_back({&step, block});
  }
  threads_.parallel_for(static_cast<std::int64_t>(items.size()), [&](std::int64_t index, int) {
    const Item item = items[static_cast<std::size_t>(index)];
    const ConvolutionNode& op = *graph_.nodes[at(item.step->node)].as<ConvolutionNode>();
    const ConvolutionState& state = convolutions_[at(convolution_of_node_[at(item.step->node)])];
    const int first = item.output_block * kBlockChannels;
    const int last = std::min(first + kBlockChannels, op.geometry.out.channels);
    if (item.step->in != kNone) {
      kernels_.convolution.reduce_weight_gradient({.geometry = state.geometry,
                                                   .slots = state.weight_lanes.data(),
                                                   .slot_count = lanes(),
                                                   .first_output = first,
                                                   .last_output = last,
                                                   .weights_gradient = gradients[at(op.weight)].data()});
    }
    if (state.bias_lanes.bytes() > 0) {
      const int row = op.geometry.out.padded_channels();
      for (int channel = first; channel < last; ++channel) {
        const auto of_lane = [&](int lane) { return state.bias_lanes.as<float>()[lane * row + channel]; };
        gradients[at(op.bias)][at(channel)] = tree_sum(lanes(), of_lane);
      }
    }
  });
}

}  // namespace ftl::net
