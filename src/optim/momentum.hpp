// What optimizers with momentum share.
#pragma once

#include "base/keys.hpp"

namespace ftl::optim {

// The name of their state: the buffer that steps add gradients to.
inline constexpr const char* kMomentum = "momentum";

inline void momentum_keys(Keys& keys, double& momentum, bool& nesterov) {
  keys.number("momentum", momentum, kShare);
  keys.boolean("nesterov", nesterov);
}

// How much of the gradient and of the new buffer an update's direction is made of.
struct Mixture {
  float gradient;
  float buffer;
};

inline Mixture mixture(double momentum, bool nesterov) {
  if (nesterov) return {1.0f, static_cast<float>(momentum)};
  return {0.0f, 1.0f};
}

}  // namespace ftl::optim
