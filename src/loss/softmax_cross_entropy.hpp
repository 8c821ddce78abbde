// Softmax cross entropy with label smoothing (Szegedy et al. 2016) and mixed targets, in natural-log units.
#pragma once

#include "loss/loss.hpp"

namespace ftl::loss {

class SoftmaxCrossEntropy final : public Loss {
 public:
  // `label_smoothing` in [0, 1] is the share of each target that is spread evenly over all classes.
  explicit SoftmaxCrossEntropy(float label_smoothing = 0) : label_smoothing_(label_smoothing) {}

  double evaluate(const Outputs& outputs, std::span<double> gradient) const override;
  double reference(const Outputs& outputs, std::span<double> gradient) const override;

 private:
  float label_smoothing_;
};

}  // namespace ftl::loss
