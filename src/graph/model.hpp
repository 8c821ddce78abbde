// What training changes: the fp32 master weights and the running statistics of the batch norms.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/graph.hpp"

namespace ftl::graph {

struct RunningStatistics {
  std::vector<float> mean;
  std::vector<float> variance;
};

struct Model {
  std::vector<std::vector<float>>
      parameters;                        // as graph.parameters, in memory order (Parameter::channels_last)
  std::vector<RunningStatistics> norms;  // as graph.norms
};

// Initial weights by each parameter's Initialisation; mean 0, variance 1. Whitening filters stay zero: they
// come from the data (graph/whitening.hpp).
Model initialise(const Graph& graph, std::uint64_t seed);

// A parameter's values between memory order and the checkpoint's [outputs][inputs][height][width].
std::vector<float> to_checkpoint_order(const Parameter& parameter, const std::vector<float>& values);
std::vector<float> from_checkpoint_order(const Parameter& parameter, const std::vector<float>& values);

}  // namespace ftl::graph
