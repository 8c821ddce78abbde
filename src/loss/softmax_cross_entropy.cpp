#include "loss/softmax_cross_entropy.hpp"

#include <cmath>

#include "base/index.hpp"
#include "loss/softmax.hpp"

namespace ftl::loss {
namespace {

// The smoothed and mixed share of `class_index` in a picture's target.
double target_share(const Target& target, int class_index, float label_smoothing, int classes) {
  double share = label_smoothing / static_cast<double>(classes);
  const double rest = 1.0 - static_cast<double>(label_smoothing);
  if (class_index == target.label) share += rest * static_cast<double>(target.label_weight);
  if (class_index == target.other) share += rest * (1.0 - static_cast<double>(target.label_weight));
  return share;
}

}  // namespace

double SoftmaxCrossEntropy::evaluate(const Outputs& outputs, std::span<double> gradient) const {
  const std::size_t classes = at(outputs.classes);
  double loss = 0;
  for (std::size_t picture = 0; picture < outputs.targets.size(); ++picture) {
    const std::span<const double> logits = outputs.logits.subspan(picture * classes, classes);
    const double normaliser = log_sum_exp(logits);
    for (std::size_t c = 0; c < classes; ++c) {
      const double log_probability = logits[c] - normaliser;
      const double share =
          target_share(outputs.targets[picture], static_cast<int>(c), label_smoothing_, outputs.classes);
      loss -= share * log_probability;
      gradient[picture * classes + c] = std::exp(log_probability) - share;
    }
  }
  return loss;
}

double SoftmaxCrossEntropy::reference(const Outputs& outputs, std::span<double> gradient) const {
  const std::size_t classes = at(outputs.classes);
  const double smoothing = label_smoothing_;
  double loss = 0;
  for (std::size_t picture = 0; picture < outputs.targets.size(); ++picture) {
    const Target& target = outputs.targets[picture];
    const std::span<const double> logits = outputs.logits.subspan(picture * classes, classes);
    double sum = 0;
    for (const double logit : logits) sum += std::exp(logit);
    for (std::size_t c = 0; c < classes; ++c) {
      double mixed = 0;
      if (c == at(target.label)) mixed += target.label_weight;
      if (c == at(target.other)) mixed += 1 - static_cast<double>(target.label_weight);
      const double share = (1 - smoothing) * mixed + smoothing / outputs.classes;
      const double probability = std::exp(logits[c]) / sum;
      loss -= share * std::log(probability);
      gradient[picture * classes + c] = probability - share;
    }
  }
  return loss;
}

}  // namespace ftl::loss
