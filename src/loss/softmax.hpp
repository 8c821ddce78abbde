// Softmax and its normaliser, stable for logits of any size. Real is float or double; sums are double.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

namespace ftl::loss {

// The logarithm of the sum of the logits' exponentials, of at least one.
template <class Real>
double log_sum_exp(std::span<const Real> logits) {
  const double largest = *std::ranges::max_element(logits);
  double sum = 0;
  for (const double logit : logits) sum += std::exp(logit - largest);
  return largest + std::log(sum);
}

// Writes the classes' probabilities by their logits; both may be the same memory.
template <class Real>
void softmax(std::span<const Real> logits, std::span<double> probabilities) {
  const double largest = *std::ranges::max_element(logits);
  double sum = 0;
  for (std::size_t c = 0; c < logits.size(); ++c) {
    probabilities[c] = std::exp(double{logits[c]} - largest);
    sum += probabilities[c];
  }
  for (double& probability : probabilities) probability /= sum;
}

}  // namespace ftl::loss
