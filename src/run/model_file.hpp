// A trained model in a file, with what is needed to use it.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "graph/model.hpp"
#include "recipe/recipe.hpp"
#include "run/checkpoint.hpp"

namespace ftl::run {

// A trained model with what is needed to use it: recipe, class names, the pictures' size and normalisation.
Checkpoint model_checkpoint(const graph::Model& model, const graph::Graph& graph,
                            const recipe::Recipe& recipe, const data::Dataset& dataset);

// What a model checkpoint holds, rebuilt.
struct LoadedModel {
  recipe::Recipe recipe;
  std::vector<std::string> class_names;
  int height = 0;
  int width = 0;
  std::array<float, 3> mean{};
  std::array<float, 3> standard_deviation{};
  graph::Graph graph;
  graph::Model model;
};
// Throws InputError naming the file when it is a checkpoint of something else, or when its tensors do not fit
// its recipe's network.
LoadedModel load_model(const std::filesystem::path& path);

}  // namespace ftl::run
