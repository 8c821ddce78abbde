// How good logits are, whatever the loss that a network was trained by.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ftl::loss {

struct Score {
  double accuracy = 0;  // fraction whose largest logit, the first of equal ones, is at the label
  double loss = 0;      // mean cross entropy, without label smoothing
};

struct PictureScore {
  double loss = 0;  // cross entropy
  bool correct = false;
};

PictureScore score_picture(std::span<const float> logits, std::int32_t label);
// Of logits [pictures][classes]; 0 of no pictures.
Score score(std::span<const float> logits, int classes, std::span<const std::int32_t> labels);

// The classes' probabilities by their logits.
std::vector<double> probabilities(std::span<const float> logits);

}  // namespace ftl::loss
