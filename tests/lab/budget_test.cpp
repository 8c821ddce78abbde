#include "lab/budget.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"
#include "data/resident_source.hpp"
#include "support/temporary_folder.hpp"

namespace ftl::lab {
namespace {

using testing::AllOf;
using testing::Contains;

constexpr const char* kRecipe = R"(
[train]
batch = 8
epochs = 3
[network]
layers = [{ op = "conv", out = 8 }, { op = "global_avg_pool" }, { op = "linear" }]
[optimizer.filters]
lr = 0.01
[optimizer.biases]
lr = 0.01
)";

// On a machine of which it is known how long it takes.
class Budget : public testing::Test {
 protected:
  Budget() {
    folder.write("tiny.toml", kRecipe);
    dataset.class_names = {"dark", "bright"};
    dataset.train = data::resident_split({.size = {8, 8}, .pixels = pixels, .labels = labels, .storage = {}});
    dataset.test = dataset.train;
    dataset.standard_deviation = {1, 1, 1};
  }

  // `epoch_seconds` of the widths from the narrowest.
  BudgetChoice choose(double seconds, const std::vector<double>& epoch_seconds,
                      const std::vector<ScalePoint>& study = {}) {
    std::size_t measured = 0;
    const auto rate = [&](const RateOptions& of) {
      data::Dataset training = of.dataset;
      training.test = {};
      return expected_flop(of.recipe, training) / of.recipe.epochs / epoch_seconds.at(measured++);
    };
    const Machine machine{.kernels = kernels::kernels_for(Isa::generic), .threads = threads};
    return choose_for_budget({.recipe = (folder / "tiny.toml").string(),
                              .settings = {},
                              .dataset = dataset,
                              .machine = machine,
                              .seconds = seconds,
                              .study = study,
                              .rate = rate});
  }

  static constexpr std::int32_t kPictures = 16;
  test::TemporaryFolder folder;
  ThreadPool threads{1};
  std::vector<std::uint8_t> pixels = std::vector<std::uint8_t>(kPictures * 8 * 8 * 3);
  std::vector<std::int32_t> labels = std::vector<std::int32_t>(kPictures);
  data::Dataset dataset;
};

TEST_F(Budget, TakesTheWidestThatFitsTheRecipesEpochsElseTheNarrowest) {
  const std::vector<double> epoch_seconds = {0.5, 1, 2, 3, 5, 9};
  const BudgetChoice choice = choose(10, epoch_seconds);
  EXPECT_EQ(choice.best().width, 1);
  EXPECT_DOUBLE_EQ(choice.best().epoch_seconds, 3);
  EXPECT_DOUBLE_EQ(choice.best().epochs, 3.3) << "in tenths, rounded down";
  EXPECT_FALSE(choice.best().accuracy);
  EXPECT_THAT(choice.settings, AllOf(Contains("network.width=1"), Contains("train.epochs=3.3")));
  EXPECT_EQ(choose(1, epoch_seconds).best().width, 0.25);
  EXPECT_EQ(choose(1000, epoch_seconds).best().width, 2);
}

TEST_F(Budget, TakesTheWidthWhoseLawIsLowestAtTheEpochsThatFit) {
  std::vector<ScalePoint> study;
  for (const double epochs : {1, 2, 4}) {
    study.push_back({.width = 0.5, .epochs = epochs, .accuracy = 1 - (0.2 + 0.1 / epochs)});
    study.push_back({.width = 1, .epochs = epochs, .accuracy = 1 - (0.05 + 0.6 / epochs)});
  }
  const BudgetChoice little = choose(4.01, {1, 4}, study);
  EXPECT_EQ(little.best().width, 0.5);
  EXPECT_NEAR(little.best().accuracy.value(), 1 - 0.225, 1e-3);
  const BudgetChoice much = choose(40.1, {1, 4}, study);
  EXPECT_EQ(much.best().width, 1);
  EXPECT_NEAR(much.best().accuracy.value(), 1 - 0.11, 1e-3);
}

TEST_F(Budget, MustReachForATenthOfAnEpoch) {
  EXPECT_EQ(choose(0.11, {1, 1, 1, 1, 1, 1}).best().epochs, 0.1);
  EXPECT_THAT(
      [&] {
        choose(0.09, {1, 1, 1, 1, 1, 1});
      },
      testing::ThrowsMessage<InputError>(testing::HasSubstr("too few for a tenth of an epoch")));
}

}  // namespace
}  // namespace ftl::lab
