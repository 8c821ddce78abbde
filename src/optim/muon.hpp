// Muon: momentum whose update is orthogonalised, for filter tensors seen as outputs x the rest (Jordan et
// al., 2024), in the form of cifar10-airbench, which also fixes each filter tensor's norm.
#pragma once

#include "optim/newton_schulz.hpp"
#include "optim/optimizer.hpp"

namespace ftl::optim {

// buffer = momentum * buffer + gradient (0 before the first step);
// update = orthogonalised(nesterov ? gradient + momentum * buffer : buffer);
// weight = weight * sqrt(rows) / norm(weight) - learning_rate * update
// The norm is left as it is on the steps that normalize_every passes over, and where it is 0.
class Muon final : public Optimizer {
 public:
  Muon(const OptimizerConfig& config, std::span<const std::int64_t> sizes);

  void step(std::span<const ParameterView> parameters, double learning_rate, StepContext context) override;
  std::vector<std::span<float>> state() override;
  std::int64_t steps_taken() const override { return steps_; }
  void set_steps_taken(std::int64_t steps) override { steps_ = steps; }

 private:
  // Advances the momentum buffer and leaves what is to be orthogonalised in direction_.
  void accumulate(const ParameterView& parameter, std::vector<float>& buffer, ThreadPool& threads);
  // What the weights are to be multiplied with before this step.
  float weight_scale(const ParameterView& parameter, ThreadPool& threads) const;

  OptimizerConfig config_;
  std::vector<std::vector<float>> buffers_;
  std::vector<float> direction_;  // as large as the largest parameter
  NewtonSchulz newton_schulz_;
  std::int64_t steps_ = 0;
};

}  // namespace ftl::optim
