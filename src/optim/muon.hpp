// Muon: momentum whose update is orthogonalised, for filter tensors seen as outputs x the rest (Jordan et
// al., 2024), in the form of cifar10-airbench, which also fixes each filter tensor's norm.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/keys.hpp"
#include "optim/optimizer.hpp"

namespace ftl::optim {

// buffer = momentum * buffer + gradient (0 before the first step);
// update = orthogonalised(nesterov ? gradient + momentum * buffer : buffer);
// weight = weight * (1 - learning_rate * weight_decay) * sqrt(rows) / norm(weight) - learning_rate * update
// The norm is left as it is on the steps that normalize_every passes over, and where it is 0. The decay is
// not part of the gradient, whose length the update forgets (as in Liu et al., "Muon is scalable for LLM
// training", 2025).
struct MuonConfig {
  static constexpr std::string_view kName = "muon";
  static constexpr bool kFiltersOnly = true;

  double momentum = 0.0;
  bool nesterov = true;
  double weight_decay = 0.0;
  int newton_schulz_steps = 3;
  int normalize_every = 1;  // steps; 0: never

  void keys(Keys& keys);
  std::unique_ptr<Optimizer> make(std::span<const std::int64_t> sizes) const;
  friend bool operator==(const MuonConfig&, const MuonConfig&) = default;
};

}  // namespace ftl::optim
