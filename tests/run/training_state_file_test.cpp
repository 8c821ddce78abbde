#include "run/training_state_file.hpp"

#include <gmock/gmock.h>

#include <regex>

#include "base/error.hpp"
#include "run/checkpoint.hpp"
#include "support/temporary_folder.hpp"

namespace ftl::run {
namespace {

using testing::HasSubstr;

constexpr const char* kRecipe = R"(
[train]
batch = 4
epochs = 2
[network]
layers = [ { op = "conv", out = 8 }, { op = "global_avg_pool" }, { op = "linear" } ]
[optimizer.filters]
kind = "adamw"
lr = 0.5
[optimizer.biases]
lr = 0.1
)";

class TrainingStateFile : public testing::Test {
 protected:
  TrainingStateFile() {
    state.seed = 5;
    state.model = graph::initialise(graph, 5);
    std::vector<float> values(static_cast<std::size_t>(graph.parameters[0].elements()));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
    state.optimizer["conv1.weight"] = {.steps = 9, .tensors = {{"mean", values}, {"square", values}}};
    save_training_state(file, state, graph, recipe);
  }

  test::TemporaryFolder folder;
  std::filesystem::path file = folder / "state.safetensors";
  recipe::Recipe recipe = recipe::parse_recipe(kRecipe, "small");
  graph::Graph graph = graph::build_graph(recipe.network, {8, 8, 3});
  train::TrainingState state;
};

TEST_F(TrainingStateFile, SavesWhatOptimizersKeepUnderItsName) {
  const Checkpoint checkpoint = load_checkpoint(file);
  EXPECT_EQ(checkpoint.tensor("optimizer.conv1.weight.mean").shape, (std::vector<std::int64_t>{8, 3, 3, 3}));
  EXPECT_EQ(checkpoint.tensor("optimizer.conv1.weight.square").values[1], 3)
      << "the parameter's first channel comes first in the file, and last in memory";
  const train::TrainingState loaded = load_training_state(file, graph, recipe, 5);
  ASSERT_EQ(loaded.optimizer.size(), 1u);
  EXPECT_EQ(loaded.optimizer.at("conv1.weight").steps, 9);
  EXPECT_EQ(loaded.optimizer.at("conv1.weight").tensors, state.optimizer.at("conv1.weight").tensors);
}

TEST_F(TrainingStateFile, RefusesStatesWithoutNames) {
  Checkpoint checkpoint = load_checkpoint(file);
  std::string& progress = checkpoint.metadata.at("ftl.progress");
  const std::string named = progress;
  const std::regex steps(R"("optimizer_steps":\s*\{[^}]*\})");
  progress = std::regex_replace(named, steps, R"("optimizer_steps":[9])");
  ASSERT_NE(progress, named);
  save_checkpoint(file, checkpoint);
  try {
    load_training_state(file, graph, recipe, 5);
    FAIL() << "it was accepted";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("state.safetensors: is of an earlier version of ftl"));
  }
}

}  // namespace
}  // namespace ftl::run
