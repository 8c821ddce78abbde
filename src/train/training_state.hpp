// Everything a run needs to go on where it stopped.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "graph/model.hpp"
#include "optim/optimizer.hpp"

namespace ftl::train {

// What the optimizers keep of each parameter that is trained, by its name, in memory order.
using OptimizerState = std::map<std::string, optim::ParameterState>;

struct TrainingState {
  std::uint64_t seed = 0;
  std::int64_t step = 0;
  double init_seconds = std::numeric_limits<double>::quiet_NaN();  // NaN: not known
  double train_seconds = 0;
  double epoch_loss = 0;  // of the epoch in work
  std::int64_t epoch_correct = 0;
  std::int64_t epoch_images = 0;
  double flop = 0;
  graph::Model model;
  std::optional<graph::Model> average;
  OptimizerState optimizer;
  // RememberedScores::values and times; empty where the recipe remembers none.
  std::vector<float> scores;
  std::vector<std::uint8_t> times_trained;
};

}  // namespace ftl::train
