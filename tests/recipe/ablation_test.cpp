#include "recipe/ablation.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"
#include "graph/graph.hpp"
#include "recipe/recipe.hpp"

namespace ftl::recipe {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kRecipe = R"(
[train]
batch = 64
epochs = 2
label_smoothing = 0.2
[augment]
pad = 2
flip = "alternating"
[network]
layers = [
  { op = "conv", out = 16 },
  { op = "max_pool" },
  { op = "batch_norm", momentum = 0.4 },
  { op = "act", kind = "gelu", name = "body" },
  { op = "squeeze_excite", act = "gelu" },
  { op = "add", from = "body", shortcut = [ { op = "act", kind = "gelu" } ] },
  { op = "global_avg_pool" },
  { op = "linear" },
]
[optimizer.filters]
lr = 0.5
[optimizer.biases]
lr = 0.25
)";

constexpr std::string_view kTricks = R"(
[[ablation]]
name = "augmentation"
set = ["augment.pad=0", "augment.flip=none"]
[[ablation]]
name = "pool first"
layers = [{ find = [{ op = "max_pool" }, { op = "batch_norm" }, { op = "act" }], put = [{ keep = 1 }, { keep = 2 }, { keep = 0 }] }]
[[ablation]]
name = "squeeze-and-excite"
layers = [{ find = [{ op = "squeeze_excite" }], put = [] }]
[[ablation]]
name = "GELU"
layers = [{ find = [{ op = "act", kind = "gelu" }], put = [{ keep = 0, kind = "relu" }] }, { find = [{ op = "squeeze_excite", act = "gelu" }], put = [{ keep = 0, act = "relu" }] }]
[[ablation]]
name = "alternating flip"
set = ["augment.flip=random"]
)";

WrittenRecipe recipe_with(std::string_view tricks, const std::vector<std::string>& settings = {}) {
  return {.origin = "small", .text = std::string(kRecipe) + std::string(tricks), .settings = settings};
}

std::vector<std::string> ablation_names(const WrittenRecipe& written) {
  std::vector<std::string> names;
  for (const Ablation& ablation : read(written).ablations) names.push_back(ablation.name);
  return names;
}

std::string text_without(const WrittenRecipe& written, const std::vector<std::size_t>& tricks) {
  return to_toml(without_tricks(written, tricks));
}

std::string refusal(std::string_view tricks) {
  try {
    without_tricks(recipe_with(tricks), {0});
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Ablation, IsPartOfTheResolvedRecipe) {
  const WrittenRecipe recipe = recipe_with(kTricks);
  EXPECT_THAT(ablation_names(recipe),
              ElementsAre("augmentation", "pool first", "squeeze-and-excite", "GELU", "alternating flip"));
  EXPECT_EQ(parse_recipe(to_toml(read(recipe)), "small"), read(recipe));
  EXPECT_THAT(ablation_names(recipe_with("")), ElementsAre());
}

TEST(Ablation, OfNothingIsTheRecipe) {
  EXPECT_EQ(without_tricks(recipe_with(kTricks), {}), read(recipe_with("")));
}

TEST(Ablation, ChangesSettings) {
  const Recipe recipe = without_tricks(recipe_with(kTricks), {4});
  EXPECT_EQ(recipe.augmentation.flip, data::Flip::random);
  EXPECT_EQ(recipe.augmentation.pad, 2);
}

TEST(Ablation, ReordersLayersWithTheirKeysAndKeepsTheNameOfTheOutput) {
  EXPECT_THAT(text_without(recipe_with(kTricks), {1}),
              testing::ContainsRegex("batch_norm[^\n]*momentum = 0.4[^\n]*\n[^\n]*\"act\"[^\n]*\n"
                                     "[^\n]*\"max_pool\", name = \"body\""));
}

TEST(Ablation, RemovesLayersAndChangesThemInShortcutsToo) {
  EXPECT_THAT(text_without(recipe_with(kTricks), {2}), testing::Not(HasSubstr("squeeze_excite")));
  EXPECT_THAT(text_without(recipe_with(kTricks), {3}), testing::Not(HasSubstr("gelu")));
}

TEST(Ablation, TakesTricksOffFromTheLastToTheFirst) {
  const Recipe bare = without_tricks(recipe_with(kTricks), {0, 1, 2, 3, 4});
  EXPECT_EQ(bare.augmentation.flip, data::Flip::none);
  EXPECT_THAT(to_toml(bare),
              AllOf(testing::Not(HasSubstr("gelu")), testing::Not(HasSubstr("squeeze_excite"))));
}

TEST(Ablation, RefusesWhatDoesNotFit) {
  EXPECT_THAT(refusal("[[ablation]]\nname = \"x\"\nset = [\"train.label_smothing=0\"]"),
              HasSubstr("label_smothing"));
  EXPECT_THAT(refusal("[[ablation]]\nname = \"x\"\nset = [\"train.label_smoothing=3\"]"),
              HasSubstr("train.label_smoothing must be"));
  EXPECT_THAT(refusal("[[ablation]]\nname = \"x\"\nlayers = [{ find = [{ op = \"whiten\" }], put = [] }]"),
              AllOf(HasSubstr("\"x\""), HasSubstr("whiten")));
  EXPECT_THAT(
      refusal("[[ablation]]\nname = \"x\"\nlayers = [{ find = [{ op = \"act\" }], put = [{ keep = 1 }] }]"),
      HasSubstr("ablation[0].layers[0].put"));
  EXPECT_THAT(refusal("[[ablation]]\nname = \"x\""), HasSubstr("ablation[0]"));
  EXPECT_THAT(refusal("[[ablation]]\nset = [\"a=1\"]"), HasSubstr("ablation[0].name"));
  EXPECT_THAT(refusal("[[ablation]]\nname = \"x\"\nwith = 1"), HasSubstr("ablation[0].with"));
}

TEST(Ablation, ChangesSettingsAsTheCommandLineDoes) {
  const std::string trick =
      "[[ablation]]\nname = \"rates\"\nset = [\"optimizer.filters.lr=2\", \"ema.every=3\"]";
  const Recipe recipe = without_tricks(recipe_with(trick), {0});
  EXPECT_EQ(recipe, read(recipe_with("", {"optimizer.filters.lr=2", "ema.every=3"})));
  EXPECT_EQ(recipe.optimizers.at(graph::ParameterRole::linear).optimizer.learning_rate, 2)
      << "follows filters";
  EXPECT_TRUE(recipe.ema.enabled) << "a table that is there";
}

class BuiltInRecipe : public testing::TestWithParam<const char*> {};

TEST_P(BuiltInRecipe, CanDoWithoutEachOfItsTricksAndWithoutAll) {
  const WrittenRecipe recipe = written_recipe(GetParam());
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < ablation_names(recipe).size(); ++i) {
    const Recipe without = without_tricks(recipe, {i});
    EXPECT_NE(without, without_tricks(recipe, {})) << ablation_names(recipe)[i];
    EXPECT_NO_THROW(graph::build_graph(without.network, {32, 32, 10})) << ablation_names(recipe)[i];
    all.push_back(i);
  }
  EXPECT_GE(all.size(), 5u);
  EXPECT_NO_THROW(graph::build_graph(without_tricks(recipe, all).network, {32, 32, 10}));
}

INSTANTIATE_TEST_SUITE_P(Recipes, BuiltInRecipe,
                         testing::Values("speedrun", "airbench94", "hlb-0.3", "resnet18"));

}  // namespace
}  // namespace ftl::recipe
