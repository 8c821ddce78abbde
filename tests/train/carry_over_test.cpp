#include "train/carry_over.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"
#include "engine/make_engine.hpp"
#include "graph/layers/convolution.hpp"
#include "graph/rewrite/layers.hpp"
#include "recipe/recipe.hpp"
#include "train/parameter_update.hpp"

namespace ftl::train {
namespace {

using testing::Each;
using testing::UnorderedElementsAre;

constexpr const char* kRecipe = R"(
[train]
batch = 4
epochs = 2
[network]
layers = [
  { op = "conv", out = 8, name = "first" },
  { op = "conv", out = 8, name = "second" },
  { op = "global_avg_pool" },
  { op = "linear", name = "last" },
]
[optimizer.filters]
kind = "adamw"
lr = 0.5
[optimizer.biases]
lr = 0.1
)";
constexpr graph::GraphInput kInput{8, 8, 3};

class CarryOver : public testing::Test {
 protected:
  ThreadPool threads{1};
  std::unique_ptr<engine::Engine> engine =
      engine::make_engine(engine::kCpu, kernels::kernels_for(select_isa()), threads);
};

TrainingState state_of(const graph::Graph& graph, ParameterUpdate& update) {
  TrainingState state;
  state.seed = 3;
  state.model = graph::initialise(graph, 3);
  state.optimizer = update.state();
  float value = 0;
  for (auto& [name, kept] : state.optimizer) {
    kept.steps = 17;
    for (auto& [tensor, values] : kept.tensors) std::ranges::fill(values, ++value);
  }
  return state;
}

TEST_F(CarryOver, OptimizersGoOnWithTheParametersThatStay) {
  recipe::Recipe recipe = recipe::parse_recipe(kRecipe, "small");
  const graph::Graph before = graph::build_graph(recipe.network, kInput);
  ParameterUpdate update(recipe, before, {.total_steps = 10, .steps_per_epoch = 5}, *engine);
  const TrainingState state = state_of(before, update);
  EXPECT_THAT(state.optimizer.at("second.weight").tensors,
              UnorderedElementsAre(testing::Key("mean"), testing::Key("square")));

  graph::remove_layer(recipe.network, "second");
  graph::insert_after(recipe.network, "first",
                      {.name = "further", .layer = graph::ConvolutionDescription{.out = 8}});
  graph::widen_layer(recipe.network, "first", 16);
  const graph::Graph after = graph::build_graph(recipe.network, kInput);
  const TrainingState carried = carry_over(before, state, after);
  ParameterUpdate edited(recipe, after, {.total_steps = 10, .steps_per_epoch = 5}, *engine);
  edited.restore(carried.optimizer);

  const OptimizerState now = edited.state();
  EXPECT_EQ(now.at("last.weight").steps, 17);
  EXPECT_EQ(now.at("last.weight").tensors, state.optimizer.at("last.weight").tensors);
  EXPECT_EQ(now.at("further.weight").steps, 0);
  EXPECT_THAT(now.at("further.weight").tensors.at("square"), Each(0.0f));
  const std::vector<float>& widened = now.at("first.weight").tensors.at("mean");
  const std::vector<float>& narrow = state.optimizer.at("first.weight").tensors.at("mean");
  ASSERT_EQ(widened.size(), 2 * narrow.size());
  EXPECT_TRUE(std::equal(narrow.begin(), narrow.end(), widened.begin()));
  EXPECT_EQ(widened.back(), 0) << "a channel that was not there";
}

TEST_F(CarryOver, AnotherOptimizersStateIsRefused) {
  const recipe::Recipe recipe = recipe::parse_recipe(kRecipe, "small");
  const graph::Graph graph = graph::build_graph(recipe.network, kInput);
  const optim::TrainingLength length{.total_steps = 10, .steps_per_epoch = 5};
  ParameterUpdate adamw(recipe, graph, length, *engine);
  const std::vector<std::string> settings{"optimizer.filters.kind=sgd"};
  ParameterUpdate sgd(recipe::parse_recipe(kRecipe, "small", settings), graph, length, *engine);
  EXPECT_THROW(sgd.restore(adamw.state()), InputError);
}

}  // namespace
}  // namespace ftl::train
