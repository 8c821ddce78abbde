// What optimisers with momentum share: a buffer for each parameter, and the count of steps.
#pragma once

#include "optim/optimizer.hpp"

namespace ftl::optim {

class MomentumOptimizer : public Optimizer {
 public:
  std::vector<std::span<float>> state() final { return {buffers_.begin(), buffers_.end()}; }
  std::int64_t steps_taken() const final { return steps_; }
  void set_steps_taken(std::int64_t steps) final { steps_ = steps; }

 protected:
  MomentumOptimizer(const OptimizerConfig& config, std::span<const std::int64_t> sizes) : config_(config) {
    for (const std::int64_t size : sizes) buffers_.emplace_back(static_cast<std::size_t>(size));
  }

  // How much of the gradient and of the new buffer an update's direction is made of.
  struct Mixture {
    float gradient;
    float buffer;
  };
  Mixture mixture() const {
    if (config_.nesterov) return {1.0f, static_cast<float>(config_.momentum)};
    return {0.0f, 1.0f};
  }

  OptimizerConfig config_;
  std::vector<std::vector<float>> buffers_;
  std::int64_t steps_ = 0;
};

}  // namespace ftl::optim
