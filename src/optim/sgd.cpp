#include "optim/sgd.hpp"

#include "optim/chunks.hpp"

namespace ftl::optim {

Sgd::Sgd(const OptimizerConfig& config, std::span<const std::int64_t> sizes) : config_(config) {
  for (const std::int64_t size : sizes) buffers_.emplace_back(static_cast<std::size_t>(size));
}

void Sgd::step(std::span<const ParameterView> parameters, double learning_rate, StepContext context) {
  const auto rate = static_cast<float>(learning_rate);
  const auto momentum = static_cast<float>(config_.momentum);
  const auto decay = static_cast<float>(config_.weight_decay);
  // The update is a mixture of the decayed gradient and the new buffer.
  const float of_gradient = config_.nesterov ? 1.0f : 0.0f;
  const float of_buffer = config_.nesterov ? momentum : 1.0f;
  for (std::size_t parameter = 0; parameter < parameters.size(); ++parameter) {
    float* weights = parameters[parameter].weights.data();
    const float* gradients = parameters[parameter].gradient.data();
    float* buffer = buffers_.at(parameter).data();
    const auto elements = static_cast<std::int64_t>(buffers_[parameter].size());
    for_chunks(context.threads, elements, [=](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const float gradient = gradients[i] + decay * weights[i];
        buffer[i] = momentum * buffer[i] + gradient;
        weights[i] -= rate * (of_gradient * gradient + of_buffer * buffer[i]);
      }
    });
  }
  ++steps_;
}

std::vector<std::span<float>> Sgd::state() {
  return {buffers_.begin(), buffers_.end()};
}

}  // namespace ftl::optim
