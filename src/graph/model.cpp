#include "graph/model.hpp"

#include <algorithm>
#include <cmath>

#include "base/random.hpp"

namespace ftl::graph {
namespace {

void fill_uniform(std::vector<float>& values, float bound, Random& random) {
  for (float& value : values) value = random.uniform(-bound, bound);
}

void fill_normal(std::vector<float>& values, float deviation, Random& random) {
  for (float& value : values) value = deviation * random.normal();
}

// In each group the first `inputs` filters pass their channel through at the window's centre.
void set_dirac(const Parameter& parameter, std::vector<float>& values) {
  const std::int64_t inputs = parameter.shape[1];
  const std::int64_t taps = parameter.shape[2] * parameter.shape[3];
  const std::int64_t centre = parameter.shape[2] / 2 * parameter.shape[3] + parameter.shape[3] / 2;
  const std::int64_t outputs = parameter.shape[0] / parameter.groups;
  for (std::int64_t group = 0; group < parameter.groups; ++group) {
    for (std::int64_t channel = 0; channel < std::min(inputs, outputs); ++channel) {
      const auto filter = values.begin() + (group * outputs + channel) * inputs * taps;
      std::fill_n(filter, inputs * taps, 0.0f);
      filter[parameter.channels_last ? centre * inputs + channel : channel * taps + centre] = 1.0f;
    }
  }
}

void scale_to_unit_deviation(std::vector<float>& values) {
  double sum = 0;
  double squares = 0;
  for (const float value : values) {
    sum += value;
    squares += double{value} * value;
  }
  const auto count = static_cast<double>(values.size());
  const double deviation = std::sqrt((squares - sum * sum / count) / (count - 1));
  for (float& value : values) value = static_cast<float>(value / deviation);
}

void initialise_filters(const Parameter& parameter, std::vector<float>& values, Random& random) {
  const float kaiming_bound = 1.0f / std::sqrt(static_cast<float>(parameter.fan_in));
  switch (parameter.initialisation) {
    case Initialisation::kaiming_uniform:
      fill_uniform(values, kaiming_bound, random);
      break;
    case Initialisation::kaiming_normal: {
      const auto fan_out = static_cast<float>(parameter.shape[0] * parameter.shape[2] * parameter.shape[3]);
      fill_normal(values, std::sqrt(2.0f / fan_out), random);
      break;
    }
    case Initialisation::dirac:
      fill_uniform(values, kaiming_bound, random);
      set_dirac(parameter, values);
      break;
    case Initialisation::unit_std:
      fill_uniform(values, kaiming_bound, random);
      scale_to_unit_deviation(values);
      break;
  }
}

// Calls visit(index in checkpoint order, index in memory order).
template <class Visit>
void for_each_channels_last(const Parameter& parameter, const Visit& visit) {
  const auto outputs = static_cast<std::size_t>(parameter.shape[0]);
  const auto inputs = static_cast<std::size_t>(parameter.shape[1]);
  const auto taps = static_cast<std::size_t>(parameter.shape[2] * parameter.shape[3]);
  for (std::size_t o = 0; o < outputs; ++o) {
    for (std::size_t i = 0; i < inputs; ++i) {
      for (std::size_t tap = 0; tap < taps; ++tap)
        visit((o * inputs + i) * taps + tap, (o * taps + tap) * inputs + i);
    }
  }
}

}  // namespace

Model initialise(const Graph& graph, std::uint64_t seed) {
  Model model;
  for (std::size_t p = 0; p < graph.parameters.size(); ++p) {
    const Parameter& parameter = graph.parameters[p];
    std::vector<float> values(static_cast<std::size_t>(parameter.elements()), 0.0f);
    Random random(seed, RandomPurpose::initialisation, static_cast<std::uint32_t>(p));
    if (parameter.shape.size() == 4 && !parameter.frozen) {
      initialise_filters(parameter, values, random);
    } else if (parameter.role == ParameterRole::scales) {
      std::fill(values.begin(), values.end(), 1.0f);
    } else if (parameter.fan_in > 0 && !parameter.frozen) {
      fill_uniform(values, 1.0f / std::sqrt(static_cast<float>(parameter.fan_in)), random);
    }
    model.parameters.push_back(std::move(values));
  }
  for (const Shape& norm : graph.norms) {
    const auto channels = static_cast<std::size_t>(norm.channels);
    model.norms.push_back({std::vector<float>(channels, 0.0f), std::vector<float>(channels, 1.0f)});
  }
  return model;
}

std::vector<float> to_checkpoint_order(const Parameter& parameter, const std::vector<float>& values) {
  if (!parameter.channels_last) return values;
  std::vector<float> ordered(values.size());
  for_each_channels_last(
      parameter, [&](std::size_t checkpoint, std::size_t memory) { ordered[checkpoint] = values[memory]; });
  return ordered;
}

std::vector<float> from_checkpoint_order(const Parameter& parameter, const std::vector<float>& values) {
  if (!parameter.channels_last) return values;
  std::vector<float> ordered(values.size());
  for_each_channels_last(
      parameter, [&](std::size_t checkpoint, std::size_t memory) { ordered[memory] = values[checkpoint]; });
  return ordered;
}

}  // namespace ftl::graph
