#include "train/class_balance.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/index.hpp"
#include "loss/softmax.hpp"

namespace ftl::train {
namespace {

// The likelihood's slope and curvature along each class's bias.
struct Derivatives {
  std::vector<double> slope;
  std::vector<double> curvature;
};

Derivatives derivatives_at(const std::vector<double>& biases, const WeighedLogits& pictures) {
  const std::size_t classes = at(pictures.classes);
  Derivatives sums{std::vector<double>(classes), std::vector<double>(classes)};
  std::vector<double> probabilities(classes);
  for (std::size_t picture = 0; picture < pictures.labels.size(); ++picture) {
    const std::span<const float> logits = pictures.logits.subspan(picture * classes, classes);
    for (std::size_t c = 0; c < classes; ++c) probabilities[c] = double{logits[c]} + biases[c];
    loss::softmax(std::span<const double>(probabilities), std::span(probabilities));
    const double weight = pictures.weights[picture];
    for (std::size_t c = 0; c < classes; ++c) {
      const double probability = probabilities[c];
      const double target = c == at(pictures.labels[picture]) ? 1.0 : 0.0;
      sums.slope[c] += weight * (probability - target);
      sums.curvature[c] += weight * probability * (1 - probability);
    }
  }
  return sums;
}

}  // namespace

std::vector<float> balancing_biases(const WeighedLogits& pictures) {
  constexpr int kMostSteps = 200;
  constexpr double kClose = 1e-5;
  constexpr double kPull = 1e-4;
  const double pull = kPull * std::accumulate(pictures.weights.begin(), pictures.weights.end(), 0.0);
  std::vector<double> biases(at(pictures.classes), 0.0);
  std::vector<double> before(biases.size(), 0.0);  // the last change
  std::vector<double> reach(biases.size(), 1.0);   // halved where a step went too far
  for (int step = 0; step < kMostSteps; ++step) {
    const Derivatives sums = derivatives_at(biases, pictures);
    double longest = 0;
    for (std::size_t c = 0; c < biases.size(); ++c) {
      // Half a Newton step: the classes' mixed derivatives are at most as large as their own. Where nearly
      // all probabilities are 0 or 1 the curvature says nothing.
      const double newton = (sums.slope[c] + pull * biases[c]) / (2 * (sums.curvature[c] + pull));
      if (newton * before[c] < 0) reach[c] /= 2;
      const double change = std::clamp(newton, -reach[c], reach[c]);
      biases[c] -= change;
      before[c] = change;
      longest = std::max(longest, std::abs(change));
    }
    if (longest < kClose) break;
  }
  const double mean = std::accumulate(biases.begin(), biases.end(), 0.0) / pictures.classes;
  std::vector<float> centred;
  for (const double bias : biases) centred.push_back(static_cast<float>(bias - mean));
  return centred;
}

}  // namespace ftl::train
