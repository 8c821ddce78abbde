// Everything a run needs to go on where it stopped, and the way to and from a file.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "net/model.hpp"
#include "train/checkpoint.hpp"
#include "train/recipe.hpp"

namespace ftl::train {

struct TrainingState {
  std::uint64_t seed = 0;
  std::int64_t step = 0;
  double init_seconds = std::numeric_limits<double>::quiet_NaN();  // NaN: not known
  double train_seconds = 0;
  double epoch_loss = 0;  // of the epoch in work
  std::int64_t epoch_correct = 0;
  std::int64_t epoch_images = 0;
  double flop = 0;
  net::Model model;
  std::optional<net::Model> average;
  std::vector<std::vector<float>> optimizer;  // ParameterUpdate::state, in its order
  std::vector<std::int64_t> optimizer_steps;
  // RememberedScores::values and times; empty where the recipe remembers none.
  std::vector<float> scores;
  std::vector<std::uint8_t> times_trained;
};

void save_training_state(const std::filesystem::path& path, const TrainingState& state,
                         const net::Graph& graph, const Recipe& recipe);
// Throws InputError naming the file when it is not such a state, or one of another recipe or seed.
TrainingState load_training_state(const std::filesystem::path& path, const net::Graph& graph,
                                  const Recipe& recipe, std::uint64_t seed);

// A trained model with what is needed to use it: recipe, class names, the pictures' size and normalisation.
Checkpoint model_checkpoint(const net::Model& model, const net::Graph& graph, const Recipe& recipe,
                            const data::Dataset& dataset);

// What a model checkpoint holds, rebuilt.
struct LoadedModel {
  Recipe recipe;
  std::vector<std::string> class_names;
  int height = 0;
  int width = 0;
  std::array<float, 3> mean{};
  std::array<float, 3> standard_deviation{};
  net::Graph graph;
  net::Model model;
};
// Throws InputError naming the file when it is a checkpoint of something else, or when its tensors do not fit
// its recipe's network.
LoadedModel load_model(const std::filesystem::path& path);

}  // namespace ftl::train
