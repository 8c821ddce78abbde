#include "optim/ema.hpp"

namespace ftl::optim {

void update_average(std::span<float> average, std::span<const float> values, double decay) {
  const auto keep = static_cast<float>(decay);
  const auto take = static_cast<float>(1 - decay);
  for (std::size_t i = 0; i < average.size(); ++i) average[i] = keep * average[i] + take * values[i];
}

}  // namespace ftl::optim
