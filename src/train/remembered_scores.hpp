// Selective backprop without a forward pass: how much a picture still teaches is told by what the last step
// that trained on it found (Loshchilov and Hutter 2015, "Online batch selection for faster training of neural
// networks"), measured by the norm of the loss's gradient by the logits (Katharopoulos and Fleuret 2018, "Not
// all samples are created equal"; unlike there, gradients are not divided by the probability of being drawn).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.hpp"

namespace ftl::train {

class RememberedScores {
 public:
  // Of a split with so many pictures. One that no step has trained on has a score of 1, about that of equal
  // probabilities for ten classes.
  explicit RememberedScores(std::int64_t pictures);

  // What a step found: scores[i], at least 0, of pictures[i].
  void remember(std::span<const std::int32_t> pictures, std::span<const float> scores);

  // `count` of `pictures`, 1 to all of them, as rising indices. Each is drawn with a probability in
  // proportion to 0.1 plus its score, at most 1, by systematic sampling: one random number, none twice.
  std::vector<std::int32_t> draw(std::span<const std::int32_t> pictures, std::int64_t count,
                                 Random random) const;

  // So many of all pictures, drawn in the same way, and the inverse of each one's probability: how many of
  // all it stands for.
  struct Sample {
    std::vector<std::int32_t> pictures;
    std::vector<double> weights;
  };
  Sample sample(std::int64_t count, Random random) const;

  // All scores, by picture; of the size given to the constructor.
  const std::vector<float>& values() const { return values_; }
  // How often each picture was remembered, modulo 256.
  const std::vector<std::uint8_t>& times() const { return times_; }
  void restore(const std::vector<float>& values, const std::vector<std::uint8_t>& times) {
    values_ = values;
    times_ = times;
  }

 private:
  std::vector<double> shares(std::span<const std::int32_t> pictures, std::int64_t count) const;

  std::vector<float> values_;
  std::vector<std::uint8_t> times_;
};

}  // namespace ftl::train
