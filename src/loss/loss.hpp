// What training makes small: a function of a network's logits and of what its pictures are to be.
#pragma once

#include <cstdint>
#include <span>

#include "tensor/target.hpp"

namespace ftl::loss {

// Neighbouring pictures of a batch, as a loss sees them.
struct Outputs {
  std::int64_t first = 0;  // the place of the first one in the batch
  int classes = 0;
  std::span<const double> logits;   // [pictures][classes], scaled by the network's logit scale
  std::span<const Target> targets;  // by picture
};

class Loss {
 public:
  virtual ~Loss() = default;

  // Returns the loss, summed over the pictures, and writes its gradient by the logits, [pictures][classes].
  // Several threads call it at once, each for other pictures.
  virtual double evaluate(const Outputs& outputs, std::span<double> gradient) const = 0;

  // The same, computed as the definition says it: what tests hold `evaluate` to, and what the reference
  // engine trains by.
  virtual double reference(const Outputs& outputs, std::span<double> gradient) const = 0;
};

}  // namespace ftl::loss
