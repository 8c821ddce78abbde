#include "train/trainer.hpp"

#include <gmock/gmock.h>

#include "base/random.hpp"
#include "data/derived_dataset.hpp"

namespace ftl::train {
namespace {

// Three classes of 8x8 noise, each with a colour of its own.
class Pictures {
 public:
  static constexpr std::int32_t kCount = 96;

  Pictures() {
    Random random(0, RandomPurpose::test);
    for (std::int32_t i = 0; i < kCount; ++i) {
      labels_.push_back(i % 3);
      for (int byte = 0; byte < 8 * 8 * 3; ++byte) {
        pixels_.push_back(static_cast<std::uint8_t>(random.below(150) + (byte % 3 == i % 3 ? 100 : 0)));
      }
    }
    dataset.class_names = {"red", "green", "blue"};
    dataset.train = dataset.test = {kCount, 8, 8, pixels_.data(), labels_.data()};
    dataset.mean = {0.5f, 0.5f, 0.5f};
    dataset.standard_deviation = {0.25f, 0.25f, 0.25f};
  }
  Pictures(const Pictures&) = delete;
  Pictures& operator=(const Pictures&) = delete;

  data::Dataset dataset;

 private:
  std::vector<std::uint8_t> pixels_;
  std::vector<std::int32_t> labels_;
};

constexpr const char* kRecipe = R"(
[train]
batch = 32
epochs = 2
[augment]
pad = 1
flip = "random"
[network]
layers = [
  { op = "whiten", bias = true },
  { op = "conv", out = 32, bias = true },
  { op = "batch_norm" },
  { op = "act" },
  { op = "conv", out = 32 },
  { op = "batch_norm" },
  { op = "act" },
  { op = "global_avg_pool" },
  { op = "linear" },
]
[optimizer.filters]
lr = 0.01
momentum = 0.9
schedule = { kind = "constant" }
[optimizer.biases]
lr = 0.01
schedule = { kind = "constant" }
)";

struct Trained {
  RunResult result;
  net::Graph graph;
  net::Model model;

  const std::vector<float>& operator[](std::string_view name) const {
    for (std::size_t p = 0; p < graph.parameters.size(); ++p) {
      if (graph.parameters[p].name == name) return model.parameters[p];
    }
    throw std::out_of_range(std::string(name));
  }
};

Trained train(const std::vector<std::string>& settings, int threads = 1) {
  const Pictures pictures;
  const Recipe recipe = parse_recipe(kRecipe, "own.toml", settings);
  ThreadPool pool(threads);
  Trainer trainer({.recipe = recipe,
                   .dataset = pictures.dataset,
                   .kernels = kernels::kernels_for(select_isa()),
                   .threads = pool,
                   .save_state = {}});
  RunResult result = trainer.run();
  return {std::move(result), trainer.graph(), trainer.model()};
}

TEST(Freezing, KeepsALayerAsItIsFromThatEpochOn) {
  const std::string freeze = "network.layers[1].train_until=1";
  const Trained one = train({"train.epochs=1", freeze});
  const Trained two = train({freeze});
  EXPECT_EQ(one["conv1.weight"], two["conv1.weight"]);
  EXPECT_EQ(one["conv1.bias"], two["conv1.bias"]);
  for (const char* other : {"whiten.bias", "norm1.bias", "conv2.weight", "linear1.weight"}) {
    EXPECT_NE(one[other], two[other]) << other;
  }
  EXPECT_NE(train({})["conv1.weight"], two["conv1.weight"]);
}

TEST(Freezing, TheEarlierOfLayerAndOptimizerCounts) {
  const std::vector<float> until_one = train({"network.layers[1].train_until=1"})["conv1.weight"];
  EXPECT_EQ(train({"network.layers[1].train_until=1", "optimizer.filters.train_until=1.5"})["conv1.weight"],
            until_one);
  EXPECT_EQ(train({"network.layers[1].train_until=1.5", "optimizer.filters.train_until=1"})["conv1.weight"],
            until_one);
}

TEST(Freezing, SavesTheGradientsOfWhatIsFrozen) {
  const double all = train({}).result.flop;
  const std::string conv2 = "network.layers[4].train_until=1";
  // Without the second convolution's weight gradient for half of the time; its data gradient is still needed.
  const double without_conv2 = train({conv2}).result.flop;
  EXPECT_LT(without_conv2, all);
  // With everything before it frozen too the backward pass ends at the second batch norm.
  const double from_norm2 = train({conv2, "network.layers[0].train_until=1",
                                   "network.layers[1].train_until=1", "network.layers[2].train_until=1"})
                                .result.flop;
  EXPECT_LT(from_norm2, without_conv2 - (all - without_conv2));
}

TEST(Freezing, EverythingFrozenStillEnds) {
  const Trained trained = train({"optimizer.filters.train_until=1", "optimizer.biases.train_until=1"});
  EXPECT_EQ(trained.result.steps, 6);
  EXPECT_FALSE(trained.result.failed);
  EXPECT_EQ(trained["linear1.weight"], train({"train.epochs=1"})["linear1.weight"]);
}

}  // namespace
}  // namespace ftl::train
