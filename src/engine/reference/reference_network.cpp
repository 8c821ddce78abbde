#include "engine/reference/reference_network.hpp"

#include <algorithm>
#include <cmath>

#include "base/index.hpp"
#include "kernels/batch_norm/batch_norm.hpp"
#include "kernels/elementwise/elementwise.hpp"

namespace ftl::engine {
namespace {

template <class Real>
void add_to(std::vector<Real>& sum, const std::vector<Real>& addend) {
  for (std::size_t i = 0; i < addend.size(); ++i) sum[i] += addend[i];
}

kernels::PoolGeometry fused_pool(const kernels::ConvolutionGeometry& convolution) {
  return {.kind = kernels::PoolKind::max, .in = convolution.out, .out = convolution.written()};
}

template <class Real>
kernels::BatchNormReference<Real> batch_norm_reference(const graph::BatchNormNode& op,
                                                       const graph::Node& node, int images) {
  return {images, node.shape.channels, node.shape.positions(), static_cast<Real>(op.eps)};
}

}  // namespace

template <class Real>
ReferenceModel<Real>::ReferenceModel(const graph::Model& model) {
  for (const auto& values : model.parameters) parameters.emplace_back(values.begin(), values.end());
  for (const graph::RunningStatistics& norm : model.norms) {
    norms.push_back({{norm.mean.begin(), norm.mean.end()}, {norm.variance.begin(), norm.variance.end()}});
  }
}

template <class Real>
auto ReferenceNetwork<Real>::train(const ReferenceBatch<Real>& batch, const loss::Loss& loss) -> Training {
  forward(batch, true);
  gradients_.clear();
  for (const Values& parameter : model_.parameters) gradients_.emplace_back(parameter.size(), Real{0});
  State& last = states_.back();
  Training result;
  result.logits = logits();
  const std::vector<double> scaled(result.logits.begin(), result.logits.end());
  std::vector<double> by_logits(scaled.size());
  result.loss = static_cast<Real>(
      loss.reference({.classes = graph_.classes, .logits = scaled, .targets = batch.targets}, by_logits));
  std::ranges::transform(by_logits, last.gradient.begin(),
                         [&](double gradient) { return static_cast<Real>(graph_.logit_scale * gradient); });
  for (std::size_t n = graph_.nodes.size(); n-- > 0;) {
    const graph::Node& node = graph_.nodes[n];
    store(states_[n].gradient);
    std::visit([&](const auto& op) { backward(op, node, states_[n]); }, node.op);
  }
  result.gradients = gradients_;
  return result;
}

template <class Real>
auto ReferenceNetwork<Real>::infer(const ReferenceBatch<Real>& batch) -> Values {
  forward(batch, false);
  return logits();
}

template <class Real>
auto ReferenceNetwork<Real>::logits() const -> Values {
  Values scaled = states_.back().value;
  for (Real& logit : scaled) logit *= static_cast<Real>(graph_.logit_scale);
  return scaled;
}

template <class Real>
void ReferenceNetwork<Real>::forward(const ReferenceBatch<Real>& batch, bool training) {
  batch_ = &batch;
  training_ = training;
  states_.assign(graph_.nodes.size(), {});
  for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
    const graph::Node& node = graph_.nodes[n];
    const std::size_t elements = at(batch.images) * static_cast<std::size_t>(node.shape.elements());
    states_[n].value.assign(elements, Real{0});
    states_[n].gradient.assign(elements, Real{0});
    std::visit([&](const auto& op) { forward(op, node, states_[n]); }, node.op);
    store(states_[n].value);
  }
}

template <class Real>
void ReferenceNetwork<Real>::store(Values& values) const {
  if (storage_ == ReferenceStorage::exact) return;
  for (Real& value : values) value = static_cast<Real>(to_float(to_bf16(static_cast<float>(value))));
}

template <class Real>
auto ReferenceNetwork<Real>::parameter_or(int parameter, int channels, Real otherwise) const -> Values {
  return parameter == graph::kNone ? Values(at(channels), otherwise) : model_.parameters[at(parameter)];
}

// ---- Pictures and patches.

template <class Real>
void ReferenceNetwork<Real>::forward(const graph::PicturesNode&, const graph::Node&, State& state) {
  state.value = batch_->pictures;
}

template <class Real>
void ReferenceNetwork<Real>::backward(const graph::PicturesNode&, const graph::Node&, const State&) {}

template <class Real>
void ReferenceNetwork<Real>::forward(const graph::PatchesNode& op, const graph::Node& node, State& state) {
  const kernels::PatchesGeometry& g = op.geometry;
  const Values& pictures = input(node, 0).value;
  std::size_t to = 0;
  for (int image = 0; image < batch_->images; ++image) {
    for (int channel = 0; channel < node.shape.channels; ++channel) {
      const int tap = channel / g.channels;
      for (int out_y = 0; out_y < node.shape.height; ++out_y) {
        for (int out_x = 0; out_x < node.shape.width; ++out_x, ++to) {
          const int y = out_y * g.stride - g.pad + tap / g.kernel_width;
          const int x = out_x * g.stride - g.pad + tap % g.kernel_width;
          if (y < 0 || y >= g.height || x < 0 || x >= g.width) continue;
          state.value[to] =
              pictures[at(((image * g.height + y) * g.width + x) * g.channels + channel % g.channels)];
        }
      }
    }
  }
}

template <class Real>
void ReferenceNetwork<Real>::backward(const graph::PatchesNode&, const graph::Node&, const State&) {}

// ---- Convolution, with its pool.

template <class Real>
void ReferenceNetwork<Real>::forward(const graph::ConvolutionNode& op, const graph::Node& node,
                                     State& state) {
  const Values& x = input(node, 0).value;
  const Values bias = parameter_or(op.bias, op.geometry.out.channels, 0);
  state.unfused.resize(at(batch_->images) * static_cast<std::size_t>(op.geometry.out.elements()));
  kernels::convolution_reference<Real>(op.geometry, batch_->images, x, model_.parameters[at(op.weight)], bias,
                                       state.unfused);
  if (op.geometry.pool) {
    kernels::pool_reference<Real>(fused_pool(op.geometry), batch_->images, state.unfused, state.value);
  } else {
    state.value = state.unfused;
  }
}

template <class Real>
void ReferenceNetwork<Real>::backward(const graph::ConvolutionNode& op, const graph::Node& node,
                                      const State& state) {
  Values dy = state.gradient;
  if (op.geometry.pool) {
    dy.resize(state.unfused.size());
    kernels::pool_backward_reference<Real>(fused_pool(op.geometry), batch_->images, state.unfused,
                                           state.gradient, dy);
  }
  State& from = input(node, 0);
  Values dx(from.value.size());
  const std::span<Real> dbias =
      op.bias == graph::kNone ? std::span<Real>{} : std::span<Real>(gradients_[at(op.bias)]);
  kernels::convolution_backward_reference<Real>(op.geometry, batch_->images, from.value,
                                                model_.parameters[at(op.weight)], dy, dx,
                                                gradients_[at(op.weight)], dbias);
  add_to(from.gradient, dx);
}

// ---- Batch norm, with its activation.

template <class Real>
void ReferenceNetwork<Real>::forward(const graph::BatchNormNode& op, const graph::Node& node, State& state) {
  state.unfused.resize(state.value.size());
  if (training_) {
    normalise_by_batch(op, node, state);
  } else {
    normalise_by_running_statistics(op, node, state);
  }
  for (std::size_t i = 0; i < state.value.size(); ++i) {
    state.value[i] = kernels::activation_reference(op.activation, state.unfused[i]);
  }
}

template <class Real>
void ReferenceNetwork<Real>::normalise_by_batch(const graph::BatchNormNode& op, const graph::Node& node,
                                                State& state) {
  const Values& x = input(node, 0).value;
  const int channels = node.shape.channels;
  batch_norm_reference<Real>(op, node, batch_->images)
      .forward(x, parameter_or(op.scale, channels, 1), parameter_or(op.bias, channels, 0), state.unfused);
  const std::size_t positions = at(node.shape.positions());
  const std::size_t values = x.size() / at(channels);
  const auto count = static_cast<Real>(values);
  Values sum(at(channels), 0);
  Values squares(at(channels), 0);
  for (std::size_t i = 0; i < x.size(); ++i) sum[i / positions % at(channels)] += x[i];
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t channel = i / positions % at(channels);
    const Real centred = x[i] - sum[channel] / count;
    squares[channel] += centred * centred;
  }
  auto& running = model_.norms[at(op.statistics)];
  const auto momentum = static_cast<Real>(op.momentum);
  for (std::size_t c = 0; c < at(channels); ++c) {
    running.mean[c] = (1 - momentum) * running.mean[c] + momentum * sum[c] / count;
    running.variance[c] =
        (1 - momentum) * running.variance[c] + momentum * squares[c] / std::max<Real>(1, count - 1);
  }
}

template <class Real>
void ReferenceNetwork<Real>::normalise_by_running_statistics(const graph::BatchNormNode& op,
                                                             const graph::Node& node, State& state) {
  const Values& x = input(node, 0).value;
  const int channels = node.shape.channels;
  const Values gamma = parameter_or(op.scale, channels, 1);
  const Values beta = parameter_or(op.bias, channels, 0);
  const auto& running = model_.norms[at(op.statistics)];
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t c = i / at(node.shape.positions()) % at(channels);
    const Real deviation = std::sqrt(running.variance[c] + static_cast<Real>(op.eps));
    state.unfused[i] = gamma[c] * (x[i] - running.mean[c]) / deviation + beta[c];
  }
}

template <class Real>
void ReferenceNetwork<Real>::backward(const graph::BatchNormNode& op, const graph::Node& node,
                                      const State& state) {
  Values dz(state.value.size());
  for (std::size_t i = 0; i < dz.size(); ++i) {
    dz[i] = state.gradient[i] * kernels::activation_derivative_reference(op.activation, state.unfused[i]);
  }
  State& from = input(node, 0);
  const int channels = node.shape.channels;
  Values dx(from.value.size());
  Values dgamma(at(channels));
  Values dbeta(at(channels));
  batch_norm_reference<Real>(op, node, batch_->images)
      .backward(from.value, parameter_or(op.scale, channels, 1), dz, dx, dgamma, dbeta);
  add_to(from.gradient, dx);
  if (op.scale != graph::kNone) gradients_[at(op.scale)] = dgamma;
  if (op.bias != graph::kNone) gradients_[at(op.bias)] = dbeta;
}

// ---- The rest.

template <class Real>
void ReferenceNetwork<Real>::forward(const graph::ActivationNode& op, const graph::Node& node, State& state) {
  std::ranges::transform(input(node, 0).value, state.value.begin(),
                         [&](Real x) { return kernels::activation_reference(op.kind, x); });
}

template <class Real>
void ReferenceNetwork<Real>::backward(const graph::ActivationNode& op, const graph::Node& node,
                                      const State& state) {
  State& from = input(node, 0);
  for (std::size_t i = 0; i < from.value.size(); ++i) {
    from.gradient[i] += state.gradient[i] * kernels::activation_derivative_reference(op.kind, from.value[i]);
  }
}

template <class Real>
void ReferenceNetwork<Real>::forward(const graph::PoolNode& op, const graph::Node& node, State& state) {
  kernels::pool_reference<Real>(op.geometry, batch_->images, input(node, 0).value, state.value);
}

template <class Real>
void ReferenceNetwork<Real>::backward(const graph::PoolNode& op, const graph::Node& node,
                                      const State& state) {
  State& from = input(node, 0);
  Values dx(from.value.size());
  kernels::pool_backward_reference<Real>(op.geometry, batch_->images, from.value, state.gradient, dx);
  add_to(from.gradient, dx);
}

template <class Real>
void ReferenceNetwork<Real>::forward(const graph::MultiplyNode&, const graph::Node& node, State& state) {
  kernels::multiply_reference<Real>(batch_->images, node.shape.channels, node.shape.positions(),
                                    input(node, 0).value, input(node, 1).value, state.value);
}

template <class Real>
void ReferenceNetwork<Real>::backward(const graph::MultiplyNode&, const graph::Node& node,
                                      const State& state) {
  State& x = input(node, 0);
  State& gate = input(node, 1);
  Values dx(x.value.size());
  Values dgate(gate.value.size());
  kernels::multiply_backward_reference<Real>(batch_->images, node.shape.channels, node.shape.positions(),
                                             x.value, gate.value, state.gradient, dx, dgate);
  add_to(x.gradient, dx);
  add_to(gate.gradient, dgate);
}

template <class Real>
void ReferenceNetwork<Real>::forward(const graph::AddNode&, const graph::Node& node, State& state) {
  add_to(state.value, input(node, 0).value);
  add_to(state.value, input(node, 1).value);
}

template <class Real>
void ReferenceNetwork<Real>::backward(const graph::AddNode&, const graph::Node& node, const State& state) {
  add_to(input(node, 0).gradient, state.gradient);
  add_to(input(node, 1).gradient, state.gradient);
}

template struct ReferenceModel<float>;
template struct ReferenceModel<double>;
template class ReferenceNetwork<float>;
template class ReferenceNetwork<double>;

}  // namespace ftl::engine
