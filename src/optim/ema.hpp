// Exponential moving average of the weights.
#pragma once

#include <span>

namespace ftl::optim {

// average = decay * average + (1 - decay) * values, element by element.
void update_average(std::span<float> average, std::span<const float> values, double decay);

}  // namespace ftl::optim
