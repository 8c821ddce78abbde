// A training state in a file, for a run to resume from.
#pragma once

#include <cstdint>
#include <filesystem>

#include "graph/graph.hpp"
#include "recipe/recipe.hpp"
#include "train/training_state.hpp"

namespace ftl::run {

// What optimizers keep is saved as optimizer.<parameter>.<state>, e.g. optimizer.conv1.weight.momentum, in
// the parameter's shape.
void save_training_state(const std::filesystem::path& path, const train::TrainingState& state,
                         const graph::Graph& graph, const recipe::Recipe& recipe);
// Throws InputError naming the file when it is not such a state, or one of another recipe or seed, or one
// that an earlier version wrote, without these names.
train::TrainingState load_training_state(const std::filesystem::path& path, const graph::Graph& graph,
                                         const recipe::Recipe& recipe, std::uint64_t seed);

}  // namespace ftl::run
