#include "kernels/loss/loss.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace ftl::kernels {
namespace {

// The smoothed and mixed share of `class_index` in an image's target.
double target_share(const LossArguments& arguments, const Target& target, int class_index) {
  double share = arguments.label_smoothing / static_cast<double>(arguments.classes);
  const double rest = 1.0 - static_cast<double>(arguments.label_smoothing);
  if (class_index == target.label) share += rest * static_cast<double>(target.label_weight);
  if (class_index == target.other) share += rest * (1.0 - static_cast<double>(target.label_weight));
  return share;
}

double log_sum_exp(const std::vector<double>& logits, double largest) {
  double sum = 0;
  for (const double logit : logits) sum += std::exp(logit - largest);
  return largest + std::log(sum);
}

}  // namespace

LossResult softmax_cross_entropy(const LossArguments& arguments, const bf16* logits, bf16* dlogits) {
  const Shape shape{arguments.classes, 1, 1};
  const double scale = arguments.logit_scale;
  if (dlogits != nullptr) std::fill_n(dlogits, shape.block_elements(), bf16{0});
  LossResult result;
  std::vector<double> scaled(static_cast<std::size_t>(arguments.classes));
  for (int image = 0; image < arguments.images; ++image) {
    const Target& target = arguments.targets[image];
    for (int c = 0; c < arguments.classes; ++c) {
      scaled[static_cast<std::size_t>(c)] = scale * to_float(logits[blocked_index(shape, image, c, 0, 0)]);
    }
    const auto largest = std::max_element(scaled.begin(), scaled.end());
    if (largest - scaled.begin() == target.label) ++result.correct;
    const double normaliser = log_sum_exp(scaled, *largest);
    double squares = 0;
    for (int c = 0; c < arguments.classes; ++c) {
      const double log_probability = scaled[static_cast<std::size_t>(c)] - normaliser;
      const double share = target_share(arguments, target, c);
      result.loss -= share * log_probability;
      const double gradient = std::exp(log_probability) - share;
      squares += gradient * gradient;
      if (dlogits == nullptr) continue;
      dlogits[blocked_index(shape, image, c, 0, 0)] = to_bf16(static_cast<float>(scale * gradient));
    }
    result.gradient_norms[static_cast<std::size_t>(image)] = static_cast<float>(std::sqrt(squares));
  }
  return result;
}

}  // namespace ftl::kernels
