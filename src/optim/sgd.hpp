// Stochastic gradient descent with momentum, after torch.optim.SGD (dampening 0).
#pragma once

#include "optim/optimizer.hpp"

namespace ftl::optim {

// gradient' = gradient + weight_decay * weight;  buffer = momentum * buffer + gradient' (0 before the first
// step); weight -= learning_rate * (nesterov ? gradient' + momentum * buffer : buffer)
class Sgd final : public Optimizer {
 public:
  Sgd(const OptimizerConfig& config, std::span<const std::int64_t> sizes);

  void step(std::span<const ParameterView> parameters, double learning_rate, StepContext context) override;
  std::vector<std::span<float>> state() override;
  std::int64_t steps_taken() const override { return steps_; }
  void set_steps_taken(std::int64_t steps) override { steps_ = steps; }

 private:
  OptimizerConfig config_;
  std::vector<std::vector<float>> buffers_;
  std::int64_t steps_ = 0;
};

}  // namespace ftl::optim
