#include <cmath>

#include "kernels/loss/loss.hpp"

namespace ftl::kernels {

template <class Real>
Real softmax_cross_entropy_reference(const LossArguments& arguments, std::span<const Real> logits,
                                     std::span<Real> dlogits) {
  const auto classes = static_cast<std::size_t>(arguments.classes);
  const Real scale = arguments.logit_scale;
  const Real smoothing = arguments.label_smoothing;
  Real loss = 0;
  for (std::size_t image = 0; image < static_cast<std::size_t>(arguments.images); ++image) {
    const Target& target = arguments.targets[image];
    const std::span<const Real> row = logits.subspan(image * classes, classes);
    Real normaliser = 0;
    for (const Real logit : row) normaliser += std::exp(scale * logit);
    for (std::size_t c = 0; c < classes; ++c) {
      Real mixed = 0;
      if (static_cast<std::int32_t>(c) == target.label) mixed += target.label_weight;
      if (static_cast<std::int32_t>(c) == target.other) mixed += 1 - static_cast<Real>(target.label_weight);
      const Real share = (1 - smoothing) * mixed + smoothing / static_cast<Real>(classes);
      const Real probability = std::exp(scale * row[c]) / normaliser;
      loss -= share * std::log(probability);
      dlogits[image * classes + c] = scale * (probability - share);
    }
  }
  return loss;
}

template float softmax_cross_entropy_reference(const LossArguments&, std::span<const float>,
                                               std::span<float>);
template double softmax_cross_entropy_reference(const LossArguments&, std::span<const double>,
                                                std::span<double>);

}  // namespace ftl::kernels
