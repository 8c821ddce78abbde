// Stochastic gradient descent with momentum, after torch.optim.SGD (dampening 0).
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/keys.hpp"
#include "optim/optimizer.hpp"

namespace ftl::optim {

// gradient' = gradient + weight_decay * weight;  buffer = momentum * buffer + gradient' (0 before the first
// step); weight -= learning_rate * (nesterov ? gradient' + momentum * buffer : buffer)
struct SgdConfig {
  static constexpr std::string_view kName = "sgd";
  static constexpr bool kFiltersOnly = false;

  double momentum = 0.0;
  bool nesterov = true;
  double weight_decay = 0.0;

  void keys(Keys& keys);
  std::unique_ptr<Optimizer> make(std::span<const std::int64_t> sizes) const;
  friend bool operator==(const SgdConfig&, const SgdConfig&) = default;
};

}  // namespace ftl::optim
