#include "optim/sgd.hpp"

#include "optim/chunks.hpp"

namespace ftl::optim {

void Sgd::step(std::span<const ParameterView> parameters, double learning_rate, StepContext context) {
  const auto rate = static_cast<float>(learning_rate);
  const auto momentum = static_cast<float>(config_.momentum);
  const auto decay = static_cast<float>(config_.weight_decay);
  const Mixture share = mixture();  // of the decayed gradient
  for (std::size_t parameter = 0; parameter < parameters.size(); ++parameter) {
    float* weights = parameters[parameter].weights.data();
    const float* gradients = parameters[parameter].gradient.data();
    float* buffer = buffers_.at(parameter).data();
    const auto elements = static_cast<std::int64_t>(buffers_[parameter].size());
    for_chunks(context.threads, elements, [=](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const float gradient = gradients[i] + decay * weights[i];
        buffer[i] = momentum * buffer[i] + gradient;
        weights[i] -= rate * (share.gradient * gradient + share.buffer * buffer[i]);
      }
    });
  }
  ++steps_;
}

}  // namespace ftl::optim
