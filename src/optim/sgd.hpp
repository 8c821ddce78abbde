// Stochastic gradient descent with momentum, after torch.optim.SGD (dampening 0).
#pragma once

#include "optim/momentum.hpp"

namespace ftl::optim {

// gradient' = gradient + weight_decay * weight;  buffer = momentum * buffer + gradient' (0 before the first
// step); weight -= learning_rate * (nesterov ? gradient' + momentum * buffer : buffer)
class Sgd final : public MomentumOptimizer {
 public:
  Sgd(const OptimizerConfig& config, std::span<const std::int64_t> sizes)
      : MomentumOptimizer(config, sizes) {}

  void step(std::span<const ParameterView> parameters, double learning_rate, StepContext context) override;
};

}  // namespace ftl::optim
