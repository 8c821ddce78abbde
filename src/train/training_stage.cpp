#include "train/training_stage.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "data/derived_dataset.hpp"

namespace ftl::train {
namespace {

data::PictureSize own_size(const data::Dataset& dataset) {
  return {dataset.train.height, dataset.train.width};
}

std::string to_string(data::PictureSize size) {
  return fmt::format("{}x{}", size.width, size.height);
}

// A share of the own size, 1 for all of it.
TrainingStage stage_of(const Recipe& recipe, const data::Dataset& dataset, double scale, double until) {
  const auto scaled = [scale](int side) { return static_cast<int>(std::lround(side * scale)); };
  const data::PictureSize own = own_size(dataset);
  TrainingStage stage{.size = {scaled(own.height), scaled(own.width)},
                      .graph = {},
                      .augmentation = data::scaled(recipe.augmentation, scale),
                      .until = until};
  stage.graph = net::build_graph(recipe.network, {stage.size.height, stage.size.width, dataset.classes()});
  data::check_augmentation(
      stage.augmentation,
      {.count = dataset.train.count, .height = stage.size.height, .width = stage.size.width});
  return stage;
}

void check_same_parameters(const TrainingStage& own, const TrainingStage& stage) {
  for (std::size_t p = 0; p < own.graph.parameters.size(); ++p) {
    const net::Parameter& parameter = own.graph.parameters[p];
    const net::Parameter& other = stage.graph.parameters[p];
    if (parameter.shape == other.shape) continue;
    throw InputError("{} ({}) has shape {} for pictures of {}, but {} for {}; put a global pool before it",
                     parameter.layer, parameter.name, fmt::join(parameter.shape, "x"), to_string(own.size),
                     fmt::join(other.shape, "x"), to_string(stage.size));
  }
}

TrainingStage small_stage(const Recipe& recipe, const data::Dataset& dataset, std::size_t index,
                          const TrainingStage& own) {
  const ResolutionStage& resolution = recipe.resolution[index];
  const int side = std::min(own.size.height, own.size.width);
  if (resolution.size > side) {
    throw InputError("train.resolution[{}].size is {}; it must be at most {} for pictures of {}", index,
                     resolution.size, side, to_string(own.size));
  }
  try {
    TrainingStage stage =
        stage_of(recipe, dataset, static_cast<double>(resolution.size) / side, resolution.until);
    check_same_parameters(own, stage);
    return stage;
  } catch (const InputError& error) {
    throw InputError("train.resolution[{}] (size {}): {}", index, resolution.size, error.what());
  }
}

}  // namespace

data::Dataset dataset_for(const Recipe& recipe, const data::Dataset& dataset) {
  return recipe.holdout > 0 ? data::hold_out(dataset, recipe.holdout) : dataset;
}

std::vector<TrainingStage> training_stages(const Recipe& recipe, const data::Dataset& dataset) {
  TrainingStage own = stage_of(recipe, dataset, 1, std::numeric_limits<double>::infinity());
  std::vector<TrainingStage> stages;
  for (std::size_t i = 0; i < recipe.resolution.size(); ++i) {
    stages.push_back(small_stage(recipe, dataset, i, own));
  }
  stages.push_back(std::move(own));
  return stages;
}

}  // namespace ftl::train
