// Exponential moving average of the weights.
#pragma once

#include <span>
#include <vector>

namespace ftl::optim {

class WeightAverage {
 public:
  // Starts as a copy of `weights`.
  explicit WeightAverage(std::span<const std::span<float>> weights);
  // average = decay * average + (1 - decay) * weights
  void update(std::span<const std::span<float>> weights, double decay);
  std::span<const float> average(std::size_t parameter) const { return averages_[parameter]; }
  std::span<float> average(std::size_t parameter) { return averages_[parameter]; }
  std::size_t size() const { return averages_.size(); }

 private:
  std::vector<std::vector<float>> averages_;
};

}  // namespace ftl::optim
