#include "engine/cpu/step_runner.hpp"

#include <algorithm>
#include <cstring>

#include "base/index.hpp"
#include "engine/cpu/activity.hpp"

namespace ftl::engine {

void StepRunner::run(const Segment& segment, const Place& place) {
  place_ = place;
  largest_.buffer = graph::kNone;
  ActivityRecorder* recorder = executor_.threads_.recorder();
  for (const Step& step : segment.steps) {
    if (recorder != nullptr) recorder->begin(thread_, activity(step.kind, step.node));
    run(step);
  }
}

template <class T>
T* StepRunner::buffer(int index, int blocks_before) const {
  if (index == graph::kNone) return nullptr;
  const PlanBuffer& planned = executor_.plan_.buffers[at(index)];
  if (planned.kept) {
    const std::int64_t block = place_.block - blocks_before;
    return reinterpret_cast<T*>(executor_.kept_.data() + block * executor_.plan_.kept_bytes + planned.offset);
  }
  const std::int64_t copy = (place_.index - blocks_before) % planned.copies;
  return reinterpret_cast<T*>(executor_.scratch_[at(thread_)].data() + planned.offset + copy * planned.bytes);
}

int StepRunner::images() const {
  return executor_.images_of(place_.block);
}

StepRunner::ChannelRows StepRunner::channel_rows(const Buffer& of, const Shape& shape) const {
  if (of.bytes() == 0) return {};
  const int row = shape.padded_channels();
  float* of_block = of.as<float>() + std::int64_t{place_.block} * 2 * row;
  return {of_block, of_block + row};
}

StepRunner::ChannelRows StepRunner::zeroed_rows(const Buffer& of, const Shape& shape) const {
  const ChannelRows rows = channel_rows(of, shape);
  for (float* row : {rows.first, rows.second}) std::fill_n(row, shape.padded_channels(), 0.0f);
  return rows;
}

void StepRunner::run(const Step& step) {
  if (step.out == largest_.buffer || step.out2 == largest_.buffer) largest_.buffer = graph::kNone;
  const kernels::Kernels& kernels = executor_.kernels_;
  switch (step.kind) {
    case StepKind::pictures:
      return fill_pictures(step);
    case StepKind::patches:
      return kernels.patches.forward(node(step).as<graph::PatchesNode>()->geometry, images(), buffer(step.in),
                                     buffer(step.out));
    case StepKind::convolution:
      return convolution(step);
    case StepKind::convolution_weights:
      return convolution_weights(step);
    case StepKind::convolution_data:
      return convolution_data(step);
    case StepKind::statistics:
    case StepKind::batch_norm:
    case StepKind::batch_norm_reduce:
    case StepKind::batch_norm_data:
      return batch_norm(step);
    case StepKind::activation:
      return kernels.activation.forward(node(step).as<graph::ActivationNode>()->kind,
                                        node(step).shape.block_elements(), buffer(step.in), buffer(step.out));
    case StepKind::activation_data:
      return kernels.activation.backward(node(step).as<graph::ActivationNode>()->kind,
                                         node(step).shape.block_elements(), buffer(step.in),
                                         buffer(step.gradient), buffer(step.out));
    case StepKind::pool:
      return kernels.pool.forward(node(step).as<graph::PoolNode>()->geometry, buffer(step.in),
                                  buffer(step.out));
    case StepKind::pool_data:
      return kernels.pool.backward(node(step).as<graph::PoolNode>()->geometry, buffer(step.in),
                                   buffer(step.gradient), buffer(step.out));
    case StepKind::multiply:
      return kernels.elementwise.multiply(node(step).shape, buffer(step.in), buffer(step.in2),
                                          buffer(step.out));
    case StepKind::multiply_data:
      return kernels.elementwise.multiply_backward(node(step).shape, buffer(step.in), buffer(step.in2),
                                                   buffer(step.gradient), buffer(step.out),
                                                   buffer(step.out2));
    case StepKind::add:
      return kernels.elementwise.add(node(step).shape.block_elements(), buffer(step.in), buffer(step.in2),
                                     buffer(step.out));
    case StepKind::accumulate: {
      const std::int64_t elements = executor_.plan_.buffers[at(step.out)].bytes / 2;
      return kernels.elementwise.add(elements, buffer(step.out), buffer(step.in), buffer(step.out));
    }
    case StepKind::copy:
      std::memcpy(buffer(step.out), buffer(step.in),
                  static_cast<std::size_t>(executor_.plan_.buffers[at(step.out)].bytes));
      return;
    case StepKind::loss:
      return loss(step);
  }
}

void StepRunner::fill_pictures(const Step& step) {
  const std::int64_t first = std::int64_t{place_.block} * kBlockImages;
  Target* targets = executor_.plan_.training ? executor_.targets_.data() + first : nullptr;
  batch_.fill(first, images(), buffer(step.out), targets);
}

void StepRunner::convolution(const Step& step) {
  auto& state = executor_.convolutions_[at(executor_.convolution_of_node_[at(step.node)])];
  const kernels::ConvolutionKernels& kernels = executor_.kernels_.convolution;
  const bf16* x = buffer(step.in);
  float largest_x = 0;
  if (state.geometry.int8.forward || (state.geometry.int8.weights && state.weight_lanes.bytes() > 0))
    largest_x = largest_magnitude(step.in, state.geometry.in);
  if (step.rounded != graph::kNone) {
    kernels.round_inputs(state.geometry.in, images(), x, largest_x, buffer(step.rounded));
    x = buffer(step.rounded);
  }
  if (!state.largest_x.empty()) state.largest_x[at(place_.block)] = largest_x;
  kernels.forward({.geometry = state.geometry,
                   .images = images(),
                   .x = x,
                   .weights = state.forward.as<bf16>(),
                   .bias = state.bias.empty() ? nullptr : state.bias.data(),
                   .y = buffer(step.out),
                   .argmax = buffer<std::uint8_t>(step.out2),
                   .weight_scales = state.output_scales.data(),
                   .largest_x = largest_x,
                   .activation = step.activation,
                   .largest_y = kernels::applies_activation(state.geometry) ? measure(step.out) : nullptr});
}

void StepRunner::convolution_weights(const Step& step) {
  convolution_bias(step);
  if (step.in == graph::kNone) return;
  auto& state = executor_.convolutions_[at(executor_.convolution_of_node_[at(step.node)])];
  if (state.geometry.int8.data || state.geometry.int8.weights)
    state.largest_dy[at(place_.block)] = largest_magnitude(step.gradient, state.geometry.written());
  const int together = kernels::weight_gradient_blocks(state.geometry);
  const int waiting = place_.index % together;
  if (waiting + 1 < together && !place_.last_of_lane) return;
  std::vector<kernels::GradientOperands> blocks;
  for (int before = waiting; before >= 0; --before) {
    blocks.push_back({.x = buffer(step.in, before),
                      .dy = buffer(step.gradient, before),
                      .argmax = buffer<std::uint8_t>(step.in2, before)});
    if (!state.geometry.int8.weights) continue;
    blocks.back().largest_x = state.largest_x[at(place_.block - before)];
    blocks.back().largest_dy = state.largest_dy[at(place_.block - before)];
  }
  const std::int64_t lane = place_.lane * kernels::weight_gradient_bytes(state.geometry);
  executor_.kernels_.convolution.backward_weights({.geometry = state.geometry,
                                                   .blocks = blocks.data(),
                                                   .block_count = static_cast<int>(blocks.size()),
                                                   .scratch = buffer(step.scratch),
                                                   .weight_gradient = state.weight_lanes.data() + lane,
                                                   .accumulate = place_.index > waiting});
}

void StepRunner::convolution_bias(const Step& step) {
  const auto& state = executor_.convolutions_[at(executor_.convolution_of_node_[at(step.node)])];
  if (state.bias_lanes.bytes() == 0) return;
  const kernels::ConvolutionGeometry& geometry = node(step).as<graph::ConvolutionNode>()->geometry;
  const int channels = geometry.out.padded_channels();
  float* gradient = state.bias_lanes.as<float>() + place_.lane * channels;
  if (place_.index == 0) std::fill_n(gradient, channels, 0.0f);
  executor_.kernels_.convolution.backward_bias(geometry.written(), buffer(step.gradient), gradient);
}

float StepRunner::largest_magnitude(int buffer_index, const Shape& shape) const {
  if (largest_.buffer == buffer_index) return largest_.magnitude;
  return executor_.kernels_.convolution.largest_magnitude(shape, images(), buffer(buffer_index));
}

float* StepRunner::measure(int buffer_index) {
  if (!executor_.plan_.training || executor_.graph_.products != graph::Products::int8) return nullptr;
  largest_.buffer = buffer_index;
  return &largest_.magnitude;
}

void StepRunner::convolution_data(const Step& step) {
  const auto& state = executor_.convolutions_[at(executor_.convolution_of_node_[at(step.node)])];
  float largest_dy = 0;
  if (state.geometry.int8.data) {
    // Known where the weights' gradient came before.
    largest_dy = state.weight_lanes.bytes() > 0 ? state.largest_dy[at(place_.block)]
                                                : largest_magnitude(step.gradient, state.geometry.written());
  }
  executor_.kernels_.convolution.backward_data({.geometry = state.geometry,
                                                .images = images(),
                                                .dy = buffer(step.gradient),
                                                .weights = state.backward.as<bf16>(),
                                                .dx = buffer(step.out),
                                                .argmax = buffer<std::uint8_t>(step.in2),
                                                .scratch = buffer(step.scratch),
                                                .weight_scales = state.input_scales.data(),
                                                .largest_dy = largest_dy});
}

void StepRunner::batch_norm(const Step& step) {
  const kernels::BatchNormKernels& kernel = executor_.kernels_.batch_norm;
  const graph::BatchNormNode& op = *node(step).as<graph::BatchNormNode>();
  const Shape& shape = node(step).shape;
  const auto& state = executor_.norms_[at(op.statistics)];
  const bf16* x = buffer(step.in);
  if (step.kind == StepKind::statistics) {
    const ChannelRows sums = zeroed_rows(state.forward_sums, shape);
    const ChannelRows extremes = channel_rows(state.extremes, shape);
    kernel.statistics({.shape = shape,
                       .images = images(),
                       .x = x,
                       .sum = sums.first,
                       .sum_of_squares = sums.second,
                       .smallest = extremes.first,
                       .largest = extremes.second});
  } else if (step.kind == StepKind::batch_norm && step.rounded != graph::kNone) {
    const ChannelRows extremes = channel_rows(state.extremes, shape);
    largest_ = {step.rounded, kernel.forward_rounded({.shape = shape,
                                                      .activation = op.activation,
                                                      .images = images(),
                                                      .x = x,
                                                      .multiplier = state.multiplier.data(),
                                                      .offset = state.offset.data(),
                                                      .smallest = extremes.first,
                                                      .largest = extremes.second,
                                                      .integers = buffer(step.rounded)})};
  } else if (step.kind == StepKind::batch_norm) {
    kernel.forward({.shape = shape,
                    .activation = op.activation,
                    .images = images(),
                    .x = x,
                    .multiplier = state.multiplier.data(),
                    .offset = state.offset.data(),
                    .y = buffer(step.out),
                    .largest_y = measure(step.out)});
  } else if (step.kind == StepKind::batch_norm_reduce) {
    const ChannelRows sums = zeroed_rows(state.backward_sums, shape);
    kernel.backward_reduce({.shape = shape,
                            .activation = op.activation,
                            .images = images(),
                            .x = x,
                            .multiplier = state.multiplier.data(),
                            .offset = state.offset.data(),
                            .dy = buffer(step.gradient),
                            .dz = buffer(step.out),
                            .sum_dz = sums.first,
                            .sum_dz_x = sums.second});
  } else {
    kernel.backward({.shape = shape,
                     .images = images(),
                     .dz = buffer(step.gradient),
                     .x = x,
                     .a = state.a.data(),
                     .b = state.b.data(),
                     .c = state.c.data(),
                     .dx = buffer(step.out),
                     .largest_dx = measure(step.out)});
  }
}

void StepRunner::loss(const Step& step) {
  const std::int64_t first = std::int64_t{place_.block} * kBlockImages;
  executor_.losses_[at(place_.block)] =
      loss::evaluate_block(*executor_.options_.loss,
                           {.classes = executor_.graph_.classes,
                            .images = images(),
                            .first = first,
                            .logit_scale = static_cast<float>(executor_.graph_.logit_scale),
                            .outputs = buffer(step.in),
                            .targets = executor_.targets_.data() + first},
                           buffer(step.out));
}

}  // namespace ftl::engine
