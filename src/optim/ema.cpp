#include "optim/ema.hpp"

namespace ftl::optim {

WeightAverage::WeightAverage(std::span<const std::span<float>> weights) {
  for (const std::span<float> values : weights) averages_.emplace_back(values.begin(), values.end());
}

void WeightAverage::update(std::span<const std::span<float>> weights, double decay) {
  const auto keep = static_cast<float>(decay);
  const auto take = static_cast<float>(1 - decay);
  for (std::size_t parameter = 0; parameter < averages_.size(); ++parameter) {
    std::vector<float>& average = averages_[parameter];
    const float* values = weights[parameter].data();
    for (std::size_t i = 0; i < average.size(); ++i) average[i] = keep * average[i] + take * values[i];
  }
}

}  // namespace ftl::optim
