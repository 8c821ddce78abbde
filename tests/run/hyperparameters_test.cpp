#include "run/hyperparameters.hpp"

#include <gtest/gtest.h>

#include <map>

#include "recipe/recipe.hpp"

namespace ftl::run {
namespace {

using Value = std::variant<bool, double, std::string>;

std::map<std::string, Value> by_name(std::string_view recipe) {
  std::map<std::string, Value> values;
  for (const Hyperparameter& setting : hyperparameters(recipe)) values[setting.name] = setting.value;
  return values;
}

TEST(Hyperparameters, AreTheKeysOfAResolvedRecipe) {
  const recipe::Recipe recipe =
      recipe::load_recipe("speedrun", {"train.epochs=4.3", "optimizer.linear.nesterov=false"});
  std::map<std::string, Value> values = by_name(recipe::to_toml(recipe));
  EXPECT_EQ(values["recipe"], Value("speedrun"));
  EXPECT_EQ(values["train.batch"], Value(1536.0));
  EXPECT_EQ(values["train.epochs"], Value(4.3));
  EXPECT_EQ(values["augment.flip"], Value("alternating"));
  EXPECT_EQ(values["optimizer.filters.kind"], Value("muon"));
  EXPECT_EQ(values["optimizer.filters.lr"], Value(0.205));
  EXPECT_EQ(values["optimizer.linear.nesterov"], Value(false));
  EXPECT_EQ(values["optimizer.whiten_bias.schedule.until"], Value(0.1));
  EXPECT_EQ(values["network.logit_scale"], Value(0.00390625));
  EXPECT_EQ(values.count("eval.views"), 1u);
}

TEST(Hyperparameters, ArraysAreTextAndLayersAreLeftOut) {
  const std::map<std::string, Value> values = by_name(recipe::to_toml(recipe::load_recipe("speedrun")));
  for (const auto& [name, value] : values) {
    EXPECT_FALSE(name.starts_with("network.layers") || name.starts_with("ablation")) << name;
    EXPECT_TRUE(name != "description" && name != "source") << name;
  }
  EXPECT_EQ(by_name("a = [1, 2]").at("a"), Value("[ 1, 2 ]"));
  EXPECT_EQ(values.at("train.resolution"), Value("[ { size = 24, until = 3 } ]"));
}

}  // namespace
}  // namespace ftl::run
