// Muon: momentum whose update is orthogonalised, for filter tensors seen as outputs x the rest (Jordan et
// al., 2024), in the form of cifar10-airbench, which also fixes each filter tensor's norm.
#pragma once

#include "optim/momentum.hpp"
#include "optim/newton_schulz.hpp"

namespace ftl::optim {

// buffer = momentum * buffer + gradient (0 before the first step);
// update = orthogonalised(nesterov ? gradient + momentum * buffer : buffer);
// weight = weight * (1 - learning_rate * weight_decay) * sqrt(rows) / norm(weight) - learning_rate * update
// The norm is left as it is on the steps that normalize_every passes over, and where it is 0. The decay is
// not part of the gradient, whose length the update forgets (as in Liu et al., "Muon is scalable for LLM
// training", 2025).
class Muon final : public MomentumOptimizer {
 public:
  Muon(const OptimizerConfig& config, std::span<const std::int64_t> sizes)
      : MomentumOptimizer(config, sizes) {}

  void step(std::span<const ParameterView> parameters, double learning_rate, StepContext context) override;

 private:
  // What one tensor's update needs beside its state.
  struct Workspace {
    std::vector<float> direction;
    NewtonSchulz newton_schulz;
  };

  std::vector<int> largest_first() const;
  void update(const ParameterView& parameter, std::vector<float>& buffer, Workspace& workspace,
              double learning_rate, StepContext context);
  // Advances the momentum buffer and leaves what is to be orthogonalised in `direction`.
  void accumulate(const ParameterView& parameter, std::vector<float>& buffer, float* direction,
                  ThreadPool& threads) const;
  // What the weights are to be multiplied with before this step.
  float weight_scale(const ParameterView& parameter, double learning_rate, ThreadPool& threads) const;

  std::vector<Workspace> workspaces_;  // one, or one a thread
};

}  // namespace ftl::optim
