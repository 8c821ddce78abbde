// The stages of a run: pictures of one size after the other (train.resolution), the last with their own size.
#pragma once

#include <optional>
#include <vector>

#include "data/augmentation.hpp"
#include "data/dataset.hpp"
#include "data/picture.hpp"
#include "graph/graph.hpp"
#include "recipe/recipe.hpp"

namespace ftl::train {

// The dataset as the recipe wants it: with its holdout taken out of the training pictures.
data::Dataset dataset_for(const recipe::Recipe& recipe, const data::Dataset& dataset);

// What depends on the size of the pictures. The network's parameters do not: they are the same in all stages.
struct TrainingStage {
  data::PictureSize size;
  graph::Graph graph;
  data::AugmentationConfig augmentation;  // in proportion to the size
  double until = 0;                       // epochs; infinite for the last stage
};

// At least one; the last has the dataset's own size. Throws InputError naming the key and the layer when
// recipe and dataset do not fit together, also when a parameter's shape depends on the size of the pictures.
std::vector<TrainingStage> training_stages(const recipe::Recipe& recipe, const data::Dataset& dataset);

// What select.size names, for pictures to be scored at; nothing where they are scored as they are trained.
// Throws InputError as training_stages does.
std::optional<TrainingStage> scoring_stage(const recipe::Recipe& recipe, const data::Dataset& dataset,
                                           const TrainingStage& own);

// Throws InputError as the above do when recipe and dataset do not fit together.
void check_fits(const recipe::Recipe& recipe, const data::Dataset& dataset);

}  // namespace ftl::train
