#include "train/training_stage.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "data/derived_dataset.hpp"

namespace ftl::train {
namespace {

std::string to_string(data::PictureSize size) {
  return fmt::format("{}x{}", size.width, size.height);
}

// A share of the own size, 1 for all of it.
TrainingStage stage_of(const recipe::Recipe& recipe, const data::Dataset& dataset, double scale,
                       double until) {
  const auto scaled = [scale](int side) { return static_cast<int>(std::lround(side * scale)); };
  const data::PictureSize own = dataset.train.size();
  TrainingStage stage{.size = {scaled(own.height), scaled(own.width)},
                      .graph = {},
                      .augmentation = data::scaled(recipe.augmentation, scale),
                      .until = until};
  stage.graph = graph::build_graph(recipe.network, {stage.size.height, stage.size.width, dataset.classes()});
  data::check_augmentation(stage.augmentation, stage.size);
  return stage;
}

void check_same_parameters(const TrainingStage& own, const TrainingStage& stage) {
  for (std::size_t p = 0; p < own.graph.parameters.size(); ++p) {
    const graph::Parameter& parameter = own.graph.parameters[p];
    const graph::Parameter& other = stage.graph.parameters[p];
    if (parameter.shape == other.shape) continue;
    throw InputError("{} ({}) has shape {} for pictures of {}, but {} for {}; put a global pool before it",
                     parameter.layer, parameter.name, fmt::join(parameter.shape, "x"), to_string(own.size),
                     fmt::join(other.shape, "x"), to_string(stage.size));
  }
}

struct SmallSize {
  std::string key;  // whose value is `size`, without ".size"
  int size = 0;
  double until = 0;
};

TrainingStage small_stage(const recipe::Recipe& recipe, const data::Dataset& dataset, const SmallSize& small,
                          const TrainingStage& own) {
  const int side = std::min(own.size.height, own.size.width);
  if (small.size > side) {
    throw InputError("{}.size is {}; it must be at most {} for pictures of {}", small.key, small.size, side,
                     to_string(own.size));
  }
  try {
    TrainingStage stage = stage_of(recipe, dataset, static_cast<double>(small.size) / side, small.until);
    check_same_parameters(own, stage);
    return stage;
  } catch (const InputError& error) {
    throw InputError("{} (size {}): {}", small.key, small.size, error.what());
  }
}

}  // namespace

data::Dataset dataset_for(const recipe::Recipe& recipe, const data::Dataset& dataset) {
  return recipe.holdout > 0 ? data::hold_out(dataset, recipe.holdout) : dataset;
}

std::vector<TrainingStage> training_stages(const recipe::Recipe& recipe, const data::Dataset& dataset) {
  TrainingStage own = stage_of(recipe, dataset, 1, std::numeric_limits<double>::infinity());
  std::vector<TrainingStage> stages;
  for (const auto& [size, until] : recipe.resolution) {
    const std::string key = fmt::format("train.resolution[{}]", stages.size());
    stages.push_back(small_stage(recipe, dataset, {key, size, until}, own));
  }
  stages.push_back(std::move(own));
  return stages;
}

std::optional<TrainingStage> scoring_stage(const recipe::Recipe& recipe, const data::Dataset& dataset,
                                           const TrainingStage& own) {
  if (recipe.selection.size == 0) return std::nullopt;
  return small_stage(recipe, dataset, {"select", recipe.selection.size, 0}, own);
}

void check_fits(const recipe::Recipe& recipe, const data::Dataset& dataset) {
  scoring_stage(recipe, dataset, training_stages(recipe, dataset).back());
}

}  // namespace ftl::train
