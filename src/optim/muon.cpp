#include "optim/muon.hpp"

#include <algorithm>
#include <cmath>

#include "optim/chunks.hpp"

namespace ftl::optim {

Muon::Muon(const OptimizerConfig& config, std::span<const std::int64_t> sizes) : config_(config) {
  for (const std::int64_t size : sizes) buffers_.emplace_back(static_cast<std::size_t>(size));
  const auto largest = std::max_element(sizes.begin(), sizes.end());
  if (largest != sizes.end()) direction_.resize(static_cast<std::size_t>(*largest));
}

void Muon::step(std::span<const ParameterView> parameters, double learning_rate, StepContext context) {
  for (std::size_t index = 0; index < parameters.size(); ++index) {
    const ParameterView& parameter = parameters[index];
    accumulate(parameter, buffers_.at(index), context.threads);
    newton_schulz_.add({.matrix = {direction_.data(), parameter.rows, parameter.columns},
                        .steps = config_.newton_schulz_steps,
                        .scale = -static_cast<float>(learning_rate),
                        .target = parameter.weights.data(),
                        .target_scale = weight_scale(parameter, context.threads)},
                       context);
  }
  ++steps_;
}

void Muon::accumulate(const ParameterView& parameter, std::vector<float>& buffer, ThreadPool& threads) {
  const auto momentum = static_cast<float>(config_.momentum);
  const float of_gradient = config_.nesterov ? 1.0f : 0.0f;
  const float of_buffer = config_.nesterov ? momentum : 1.0f;
  const float* gradient = parameter.gradient.data();
  float* buffered = buffer.data();
  float* direction = direction_.data();
  for_chunks(threads, static_cast<std::int64_t>(buffer.size()), [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      buffered[i] = momentum * buffered[i] + gradient[i];
      direction[i] = of_gradient * gradient[i] + of_buffer * buffered[i];
    }
  });
}

float Muon::weight_scale(const ParameterView& parameter, ThreadPool& threads) const {
  if (config_.normalize_every == 0 || steps_ % config_.normalize_every != 0) return 1;
  const auto elements = static_cast<std::int64_t>(parameter.weights.size());
  const double norm = std::sqrt(sum_of_squares(threads, parameter.weights.data(), elements));
  return norm == 0 ? 1.0f : static_cast<float>(std::sqrt(parameter.rows) / norm);
}

std::vector<std::span<float>> Muon::state() {
  return {buffers_.begin(), buffers_.end()};
}

}  // namespace ftl::optim
