// AdamW: steps of a size of their own for each weight (Kingma and Ba 2015), with the decay of the weights
// apart (Loshchilov and Hutter 2019), after torch.optim.AdamW.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/keys.hpp"
#include "optim/optimizer.hpp"

namespace ftl::optim {

// In step t = 1, 2, ...:
// mean = beta1 * mean + (1 - beta1) * gradient;  square = beta2 * square + (1 - beta2) * gradient^2
// weight = weight * (1 - learning_rate * weight_decay)
//          - learning_rate * mean / (1 - beta1^t) / (sqrt(square / (1 - beta2^t)) + eps)
struct AdamWConfig {
  static constexpr std::string_view kName = "adamw";
  static constexpr bool kFiltersOnly = false;

  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0.01;

  void keys(Keys& keys);
  std::unique_ptr<Optimizer> make(std::span<const std::int64_t> sizes) const;
  friend bool operator==(const AdamWConfig&, const AdamWConfig&) = default;
};

}  // namespace ftl::optim
