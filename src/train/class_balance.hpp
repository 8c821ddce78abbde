// Biases of the last layer that make a classifier expect classes as often as there are. One that was trained
// more often on some pictures than on others (train/remembered_scores.hpp) expects them as often as it saw
// them (Saerens, Latinne and Decaestecker 2002, "Adjusting the outputs of a classifier to new a priori
// probabilities"), and its last steps leave it with a leaning of their own.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ftl::train {

struct WeighedLogits {
  std::span<const float> logits;  // [pictures][classes]
  int classes = 0;
  std::span<const std::int32_t> labels;  // by picture
  std::span<const double> weights;       // by picture: how many it stands for
};

// What to add to each class's logit so that every class's probabilities sum to as much as it has pictures,
// each times its weight; maximum likelihood, but that 1e-4 of the pictures pull towards 0. Their mean is 0.
std::vector<float> balancing_biases(const WeighedLogits& pictures);

}  // namespace ftl::train
