#include "lab/sweep.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <set>
#include <variant>

#include "base/error.hpp"
#include "run/hyperparameters.hpp"

namespace ftl::lab {
namespace {

using graph::ParameterRole;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kRecipe = R"(
[train]
batch = 100
epochs = 2
[network]
layers = [{ op = "conv", out = 8 }, { op = "global_avg_pool" }, { op = "linear" }]
[optimizer.filters]
lr = 0.5
[optimizer.biases]
lr = 0.1
)";

class SweepPlan : public testing::Test {
 protected:
  Sweep plan(std::vector<std::string> grids, int random = 0, std::uint64_t seed = 0, bool couple = false) {
    return plan_sweep({.recipe = recipe_,
                       .grids = std::move(grids),
                       .random = random,
                       .seed = seed,
                       .couple_rate_to_batch = couple});
  }
  std::string refusal(std::vector<std::string> grids) {
    try {
      plan(std::move(grids));
    } catch (const InputError& error) {
      return error.what();
    }
    return "accepted";
  }
  double rate(const PlannedCell& planned, ParameterRole role) {
    return planned.recipe.optimizers.at(role).optimizer.learning_rate;
  }

  recipe::WrittenRecipe recipe_{.origin = "small", .text = kRecipe, .settings = {}};
};

TEST_F(SweepPlan, CombinesEveryValueWithEveryOther) {
  const Sweep sweep = plan({"batch=50,200", "train.epochs=1..3:linear:3"});
  ASSERT_EQ(sweep.cells.size(), 6u);
  EXPECT_EQ(sweep.cells[0].cell.name, "batch=50 train.epochs=1");
  EXPECT_EQ(sweep.cells[0].cell.folder, "cells/0001");
  EXPECT_EQ(sweep.cells[5].cell.name, "batch=200 train.epochs=3");
  EXPECT_THAT(sweep.cells[4].cell.coordinates, ElementsAre(1, 1));
  EXPECT_EQ(sweep.cells[4].recipe.batch, 200);
  EXPECT_EQ(sweep.cells[4].recipe.epochs, 2);
  EXPECT_EQ(sweep.axes[0].key, "train.batch");
  EXPECT_THAT(sweep.axes[1].values, ElementsAre("1", "2", "3"));
}

TEST_F(SweepPlan, ScalesAllLearningRatesTogether) {
  const Sweep sweep = plan({"lr=1,2"});
  EXPECT_DOUBLE_EQ(rate(sweep.cells[1], ParameterRole::filters), 2);
  EXPECT_DOUBLE_EQ(rate(sweep.cells[1], ParameterRole::linear), 2);
  EXPECT_DOUBLE_EQ(rate(sweep.cells[1], ParameterRole::biases), 0.4);
}

TEST_F(SweepPlan, CouplesTheRateToTheBatch) {
  const Sweep sweep = plan({"batch=50,200", "lr=1,2"}, 0, 0, true);
  EXPECT_DOUBLE_EQ(rate(sweep.cells[0], ParameterRole::filters), 0.5);
  EXPECT_DOUBLE_EQ(rate(sweep.cells[3], ParameterRole::filters), 4);
  EXPECT_THROW(plan({"lr=1,2"}, 0, 0, true), InputError);
}

TEST_F(SweepPlan, RoundsWhereTheRecipeWantsIntegers) {
  EXPECT_THAT(plan({"batch=10..1000:log:4"}).axes[0].values, ElementsAre("10", "46", "215", "1000"));
  EXPECT_THAT(plan({"batch=1..3:linear:9"}).axes[0].values, ElementsAre("1", "2", "3"));
  EXPECT_THAT(plan({"epochs=1..2:linear:3"}).axes[0].values, ElementsAre("1", "1.5", "2"));
}

TEST_F(SweepPlan, DrawsAtRandomTheSameForTheSameSeed) {
  const std::vector<std::string> grids = {"lr=0.01..1:log", "batch=50..200", "augment.flip=none,random"};
  const Sweep sweep = plan(grids, 50, 1);
  ASSERT_EQ(sweep.cells.size(), 50u);
  std::set<std::string> flips;
  for (const PlannedCell& planned : sweep.cells) {
    EXPECT_GE(rate(planned, ParameterRole::filters), 0.01);
    EXPECT_LE(rate(planned, ParameterRole::filters), 1);
    EXPECT_GE(planned.recipe.batch, 50);
    EXPECT_LE(planned.recipe.batch, 200);
    flips.insert(planned.cell.settings.at("augment.flip"));
  }
  EXPECT_EQ(flips.size(), 2u);
  EXPECT_EQ(plan(grids, 50, 1).cells[49].cell.name, sweep.cells[49].cell.name);
  EXPECT_NE(plan(grids, 50, 2).cells[49].cell.name, sweep.cells[49].cell.name);
}

TEST_F(SweepPlan, RefusesInOneLine) {
  EXPECT_THAT(refusal({"bacth=1,2"}), AllOf(HasSubstr("bacth"), HasSubstr("did you mean batch?")));
  EXPECT_THAT(refusal({"train.bacth=1,2"}), AllOf(HasSubstr("train.bacth"), HasSubstr("train.batch?")));
  EXPECT_THAT(refusal({"batch=1,2", "train.batch=4,8"}), HasSubstr("already"));
  EXPECT_THAT(refusal({"optimizer.biases.lr=0.1,0.2", "lr=0.1,0.2"}),
              AllOf(HasSubstr("--grid lr=0.1,0.2"), HasSubstr("sets optimizer.biases.lr")));
  EXPECT_THAT(refusal({"momentum=0.1,0.2", "optimizer.biases.momentum=0.1,0.2"}), HasSubstr("already"));
  EXPECT_THAT(refusal({"batch=-5,2"}), HasSubstr("train.batch must be"));
  EXPECT_THAT(refusal({"lr=high,low"}), HasSubstr("not a number"));
  EXPECT_THAT(refusal({"lr=0.1..1"}), AllOf(HasSubstr("how many"), HasSubstr("--random")));
  EXPECT_THAT(refusal({}), HasSubstr("--grid"));
}

// Values that may stand in the place of another, allowed or not.
std::vector<std::string> other_values(const std::variant<bool, double, std::string>& value) {
  if (const bool* truth = std::get_if<bool>(&value)) return {*truth ? "false" : "true"};
  if (const auto* text = std::get_if<std::string>(&value)) {
    std::vector<std::string> words{*text};
    for (const char* word : {"sgd", "muon", "adamw", "cosine", "constant", "six", "int8"})
      words.emplace_back(word);
    return words;
  }
  const double number = std::get<double>(value);
  return {fmt::format("{}", number + 1), fmt::format("{}", number / 2), "0.25", "0"};
}

// The recipe, or what is wrong with it.
template <class Load>
std::variant<recipe::Recipe, std::string> result_of(const Load& load) {
  try {
    return load();
  } catch (const InputError& error) {
    return "refused";
  }
}

class BuiltInSweep : public testing::TestWithParam<const char*> {};

// For every key: what others follow, too.
TEST_P(BuiltInSweep, ChangesARecipeAsTrainWithTheSameSettingDoes) {
  const recipe::WrittenRecipe written = recipe::written_recipe(GetParam());
  int accepted = 0;
  for (const run::Hyperparameter& key : run::hyperparameters(recipe::to_toml(recipe::read(written)))) {
    if (key.name.find('.') == std::string::npos) continue;
    for (const std::string& value : other_values(key.value)) {
      const std::string setting = key.name + "=" + value;
      const auto trained = result_of([&] { return recipe::load_recipe(GetParam(), {setting}); });
      const auto swept =
          result_of([&] { return plan_sweep({.recipe = written, .grids = {setting}}).cells.at(0).recipe; });
      EXPECT_TRUE(trained == swept) << setting;
      accepted += std::holds_alternative<recipe::Recipe>(trained) ? 1 : 0;
    }
  }
  EXPECT_GT(accepted, 60);
}

INSTANTIATE_TEST_SUITE_P(Recipes, BuiltInSweep,
                         testing::Values("speedrun", "airbench94", "hlb-0.3", "resnet18"),
                         [](const auto& tested) { return "recipe" + std::to_string(tested.index); });

TEST_F(SweepPlan, LeavesRolesWithoutATableToFollow) {
  const Sweep sweep = plan({"lr=1,2", "momentum=0.5"});
  EXPECT_FALSE(sweep.cells[0].cell.settings.contains("optimizer.linear.lr"));
  EXPECT_EQ(sweep.cells[1].recipe,
            recipe::read(recipe_.with({"optimizer.filters.lr=2", "optimizer.biases.lr=0.4",
                                       "optimizer.filters.momentum=0.5", "optimizer.biases.momentum=0.5"})));
}

}  // namespace
}  // namespace ftl::lab
