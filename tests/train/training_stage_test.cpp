#include "train/training_stage.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"
#include "data/resident_source.hpp"

namespace ftl::train {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

recipe::Recipe recipe_with(const std::string& head, const std::vector<std::string>& settings) {
  const std::string text = R"(
[train]
batch = 32
epochs = 3
[augment]
pad = 3
cutout = 8
cutmix = 1
[network]
layers = [{ op = "conv", out = 8 }, { op = "max_pool" }, { op = "max_pool" }, )" +
                           head + R"(]
[optimizer.filters]
lr = 0.01
[optimizer.biases]
lr = 0.01
)";
  return recipe::parse_recipe(text, "own.toml", settings);
}

data::Dataset pictures(int height, int width) {
  data::Dataset dataset;
  dataset.class_names = {"a", "b"};
  // Nobody reads them.
  const auto labels = std::make_shared<const std::vector<std::int32_t>>(100);
  dataset.train =
      data::resident_split({.size = {height, width}, .pixels = {}, .labels = *labels, .storage = labels});
  return dataset;
}

constexpr const char* kGlobal = R"({ op = "global_max_pool" }, { op = "linear" })";
constexpr const char* kTwoSizes = "train.resolution=[{size=8,until=0.5},{size=12,until=2}]";

TEST(TrainingStages, GoThroughTheSizesAndEndWithThePicturesOwn) {
  const std::vector<TrainingStage> stages =
      training_stages(recipe_with(kGlobal, {kTwoSizes}), pictures(16, 32));
  ASSERT_EQ(stages.size(), 3u);
  EXPECT_EQ(stages[0].size, (data::PictureSize{8, 16}));
  EXPECT_EQ(stages[1].size, (data::PictureSize{12, 24}));
  EXPECT_EQ(stages[2].size, (data::PictureSize{16, 32}));
  EXPECT_EQ(stages[0].until, 0.5);
  EXPECT_EQ(stages[1].until, 2);
  EXPECT_GT(stages[2].until, 1e9);
  EXPECT_EQ(stages[0].graph.nodes[0].shape, (Shape{3, 8, 16}));
  EXPECT_EQ(stages[2].graph.nodes[0].shape, (Shape{3, 16, 32}));
}

TEST(TrainingStages, ScaleTheAugmentation) {
  const std::vector<TrainingStage> stages =
      training_stages(recipe_with(kGlobal, {kTwoSizes}), pictures(16, 16));
  EXPECT_EQ(stages[0].augmentation.pad, 2) << "half of 3, rounded";
  EXPECT_EQ(stages[0].augmentation.cutout, 4);
  EXPECT_EQ(stages[0].augmentation.cutmix, 1) << "at least 1 where there is any";
  EXPECT_EQ(stages[1].augmentation.cutout, 6);
  EXPECT_EQ(stages[2].augmentation.pad, 3);
  EXPECT_EQ(training_stages(recipe_with(kGlobal, {kTwoSizes, "augment.pad=0"}), pictures(16, 16))[0]
                .augmentation.pad,
            0);
}

TEST(TrainingStages, RefuseParametersThatDependOnTheSize) {
  const recipe::Recipe recipe = recipe_with(R"({ op = "linear" })", {kTwoSizes});
  EXPECT_THAT(
      [&] { training_stages(recipe, pictures(16, 16)); },
      ThrowsMessage<InputError>(AllOf(HasSubstr("train.resolution[0]"), HasSubstr("network.layers[3]"),
                                      HasSubstr("2x8x4x4 for pictures of 16x16"),
                                      HasSubstr("2x8x2x2 for 8x8"), HasSubstr("global pool"))));
}

TEST(TrainingStages, RefuseANetworkThatDoesNotFitTheSmallPictures) {
  const recipe::Recipe recipe =
      recipe_with(R"({ op = "max_pool", kernel = 3 }, { op = "global_max_pool" }, { op = "linear" })",
                  {"train.resolution=[{size=12,until=1},{size=8,until=2}]", "augment.cutout=0"});
  EXPECT_THAT(
      [&] { training_stages(recipe, pictures(16, 16)); },
      ThrowsMessage<InputError>(AllOf(HasSubstr("train.resolution[1] (size 8): network.layers[3] (pool)"),
                                      HasSubstr("3x3 window"))));
}

TEST(TrainingStages, RefuseASizeAboveThePictures) {
  EXPECT_THAT([&] { training_stages(recipe_with(kGlobal, {kTwoSizes}), pictures(40, 10)); },
              ThrowsMessage<InputError>(
                  HasSubstr("train.resolution[1].size is 12; it must be at most 10 for pictures of 10x40")));
}

TEST(ScoringStage, IsOfTheNamedSizeOrNone) {
  const data::Dataset dataset = pictures(16, 16);
  const recipe::Recipe recipe = recipe_with(kGlobal, {"select={keep=0.5,size=8}"});
  const TrainingStage own = training_stages(recipe, dataset).back();
  const std::optional<TrainingStage> scored = scoring_stage(recipe, dataset, own);
  ASSERT_TRUE(scored);
  EXPECT_EQ(scored->size, (data::PictureSize{8, 8}));
  EXPECT_EQ(scored->augmentation.cutout, 4);
  EXPECT_FALSE(scoring_stage(recipe_with(kGlobal, {"select.keep=0.5"}), dataset, own));
  EXPECT_THAT([&] { check_fits(recipe_with(kGlobal, {"select.size=17"}), dataset); },
              ThrowsMessage<InputError>(HasSubstr("select.size is 17; it must be at most 16")));
  EXPECT_THAT([&] { check_fits(recipe_with(kGlobal, {"select.size=3"}), dataset); },
              ThrowsMessage<InputError>(
                  AllOf(HasSubstr("select (size 3): network.layers[2] (pool)"), HasSubstr("2x2 window"))));
}

}  // namespace
}  // namespace ftl::train
