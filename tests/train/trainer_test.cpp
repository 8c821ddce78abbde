#include "train/trainer.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "base/error.hpp"
#include "base/random.hpp"
#include "data/derived_dataset.hpp"
#include "data/resident_source.hpp"
#include "engine/make_engine.hpp"
#include "run/training_state_file.hpp"
#include "support/temporary_folder.hpp"
#include "train/hard_pictures.hpp"

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
    dataset.train = dataset.test =
        data::resident_split({.size = {8, 8}, .pixels = pixels_, .labels = labels_, .storage = {}});
    dataset.mean = {0.5f, 0.5f, 0.5f};
    dataset.standard_deviation = {0.25f, 0.25f, 0.25f};
  }
  Pictures(const Pictures&) = delete;
  Pictures& operator=(const Pictures&) = delete;

  void give_wrong_label(std::int32_t picture) {
    std::int32_t& label = labels_[static_cast<std::size_t>(picture)];
    label = (label + 1) % 3;
  }

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

// On the instruction set that the machine has.
class Machine {
 public:
  explicit Machine(int threads) : threads_(threads) {}
  operator engine::Engine&() { return *engine_; }

 private:
  ThreadPool threads_;
  std::unique_ptr<engine::Engine> engine_ =
      engine::make_engine(engine::kCpu, kernels::kernels_for(select_isa()), threads_);
};

TrainerOptions options_for(const recipe::Recipe& recipe, const Pictures& pictures, engine::Engine& engine) {
  return {.recipe = recipe, .dataset = pictures.dataset, .engine = engine, .save_state = {}};
}

struct Trained {
  RunResult result;
  graph::Graph graph;
  graph::Model model;

  const std::vector<float>& operator[](std::string_view name) const {
    for (std::size_t p = 0; p < graph.parameters.size(); ++p) {
      if (graph.parameters[p].name == name) return model.parameters[p];
    }
    throw std::out_of_range(std::string(name));
  }
};

Trained train(const std::vector<std::string>& settings, int threads = 1) {
  const Pictures pictures;
  const recipe::Recipe recipe = recipe::parse_recipe(kRecipe, "own.toml", settings);
  Machine machine(threads);
  Trainer trainer({.recipe = recipe, .dataset = pictures.dataset, .engine = machine, .save_state = {}});
  RunResult result = trainer.run();
  return {std::move(result), trainer.graph(), trainer.model()};
}

// Which picture is at each place of the first epoch's order, found by its pixels.
std::vector<std::int32_t> first_order(const data::Dataset& dataset, std::uint64_t seed) {
  const auto values = static_cast<std::size_t>(dataset.train.size().bytes());
  data::TrainingLoader loader(dataset, {}, seed);
  loader.begin_epoch(0);
  std::vector<std::int32_t> order;
  for (std::int64_t place = 0; place < dataset.train.count(); ++place) {
    std::vector<bf16> picture(values), other(values);
    Target target;
    loader.fill({.first = place, .images = 1, .pictures = picture.data(), .targets = &target});
    for (std::int32_t i = 0; i < dataset.train.count(); ++i) {
      data::fill_view(dataset, dataset.train, {}, i, 1, other.data());
      if (std::memcmp(picture.data(), other.data(), values * sizeof(bf16)) == 0) order.push_back(i);
    }
  }
  return order;
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

// Knows the colours of the three classes without having learned anything: it averages each colour and takes
// them for logits.
constexpr const char* kColourRecipe = R"(
[train]
batch = 8
epochs = 3
[augment]
pad = 1
flip = "random"
[network]
layers = [
  { op = "conv", out = 3, kernel = 1 },
  { op = "global_avg_pool" },
  { op = "linear" },
]
[optimizer.filters]
lr = 0
[optimizer.biases]
lr = 0
)";

// The mean of a class's own colour is about 1.5 larger than of the other two, so that probabilities are off
// by less than a hundredth.
graph::Model colour_model(const graph::Graph& graph) {
  graph::Model model = graph::initialise(graph, 0);
  const std::vector<float> unit = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  EXPECT_EQ(model.parameters.size(), 2u);
  model.parameters = {unit, unit};
  for (float& weight : model.parameters[1]) weight *= 4;
  return model;
}

// Whose labels are made wrong.
constexpr std::int32_t kWrong[] = {3, 17, 40, 64, 95};

TEST(Selection, TakesThePicturesWithTheLargestLoss) {
  Pictures pictures;
  for (const std::int32_t picture : kWrong) pictures.give_wrong_label(picture);
  const recipe::Recipe recipe = recipe::parse_recipe(kColourRecipe, "own.toml", {});
  const graph::Graph graph = graph::build_graph(recipe.network, {8, 8, 3});
  const graph::Model model = colour_model(graph);
  data::TrainingLoader loader(pictures.dataset, {.pad = 1, .flip = data::Flip::random}, 7);
  loader.begin_epoch(0);
  const std::vector<std::int32_t> order = first_order(pictures.dataset, 7);
  for (const int threads : {1, 3}) {
    Machine machine(threads);
    engine::Engine& engine = machine;
    HardPictures hard(graph, engine, Pictures::kCount);
    const auto held = engine.hold(graph, model);
    std::vector<std::int32_t> selected;
    for (const std::int32_t place : hard.select(*held, loader, 0, Pictures::kCount, 5)) {
      selected.push_back(order[static_cast<std::size_t>(place)]);
    }
    EXPECT_THAT(selected, testing::UnorderedElementsAreArray(kWrong)) << threads << " threads";
    const std::vector<std::int32_t> of_a_part = hard.select(*held, loader, 32, 33, 7);
    EXPECT_EQ(of_a_part.size(), 7u);
    EXPECT_TRUE(std::ranges::is_sorted(of_a_part));
    EXPECT_THAT(of_a_part, testing::Each(testing::AllOf(testing::Ge(32), testing::Lt(65))));
  }
}

TEST(Selection, TrainsOnFewerPicturesAndCountsTheScoring) {
  const Trained all = train({"train.batch=16"});
  const Trained half = train({"train.batch=16", "select.keep=0.5"});
  EXPECT_EQ(all.result.steps, 12);
  EXPECT_EQ(half.result.steps, 6);
  EXPECT_EQ(half.result.epochs, 2);
  Machine machine(1);
  engine::Engine& engine = machine;
  const double scoring = engine.cost(all.graph, {}).flop * 2 * Pictures::kCount;
  EXPECT_DOUBLE_EQ(half.result.flop, all.result.flop / 2 + scoring);
  EXPECT_LT(train({"train.batch=16", "select.keep=0.5", "select.size=4"}).result.flop,
            all.result.flop / 2 + 0.35 * scoring);
}

TEST(Selection, GivesTheSameBitsWithAnyNumberOfThreads) {
  const std::vector<std::string> settings = {"train.batch=16", "select.keep=0.4", "select.start=0.5",
                                             "select.size=5", "augment.cutmix=3"};
  const Trained one = train(settings, 1);
  const Trained three = train(settings, 3);
  EXPECT_EQ(one.model.parameters, three.model.parameters);
  EXPECT_NE(one.model.parameters, train({"train.batch=16", "augment.cutmix=3"}).model.parameters);
}

std::vector<std::string> by_memory() {
  return {"train.batch=40", "train.epochs=4", "select={scores='remembered',keep=0.5,start=1,until=3.4}",
          "train.resolution=[{size=6,until=1.2}]", "augment.flip=alternating"};
}

TEST(SelectionByMemory, TrainsOnFewerPicturesWithoutScoringAny) {
  const Trained all = train({"train.batch=16"});
  const Trained half = train({"train.batch=16", "select={scores='remembered',keep=0.5}"});
  EXPECT_EQ(half.result.steps, 6);
  EXPECT_DOUBLE_EQ(half.result.flop, all.result.flop / 2);
  EXPECT_NE(half.model.parameters, train({"train.batch=16", "select.keep=0.5"}).model.parameters);
}

TEST(SelectionByMemory, GivesTheSameBitsWithAnyNumberOfThreads) {
  EXPECT_EQ(train(by_memory(), 1).model.parameters, train(by_memory(), 3).model.parameters);
}

struct LastEpoch final : TrainingObserver {
  void on_epoch(const EpochRecord& epoch) override { record = epoch; }
  EpochRecord record;
};

// The share of right answers in the last of three epochs. The first has another model; the second fills the
// memory.
double accuracy_of_the_colour_model(const Pictures& pictures, const std::string& selection) {
  const recipe::Recipe recipe =
      recipe::parse_recipe(kColourRecipe, "own.toml", std::vector<std::string>{selection});
  Machine machine(1);
  TrainerOptions options = options_for(recipe, pictures, machine);
  TrainingState state;
  options.save_state = [&](const TrainingState& now) {
    if (state.step == 0) state = now;  // after the first epoch
  };
  Trainer first(options);
  first.run();
  state.model = colour_model(first.graph());
  LastEpoch last;
  options.save_state = {};
  options.observer = &last;
  options.resume = &state;
  Trainer(options).run();
  return last.record.train_accuracy;
}

// A picture with a wrong label has the largest score that there is, and one with the right label almost none:
// of a quarter of the pictures, all five are.
TEST(SelectionByMemory, TrainsMoreOftenOnWhatItGetsWrong) {
  Pictures pictures;
  for (const std::int32_t picture : kWrong) pictures.give_wrong_label(picture);
  EXPECT_DOUBLE_EQ(accuracy_of_the_colour_model(pictures, "select.keep=1"), 91.0 / 96);
  EXPECT_DOUBLE_EQ(accuracy_of_the_colour_model(pictures, "select={scores='remembered',keep=0.25,start=2}"),
                   19.0 / 24);
}

TEST(SelectionByMemory, ResumesWithTheScoresAndTurnsItHad) {
  const Pictures pictures;
  const recipe::Recipe recipe = recipe::parse_recipe(kRecipe, "own.toml", by_memory());
  Machine machine(1);
  TrainerOptions options = options_for(recipe, pictures, machine);
  const test::TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "state.safetensors";
  int epochs = 0;
  const Trainer* running = nullptr;
  options.save_state = [&](const TrainingState& state) {
    if (++epochs == 2) run::save_training_state(file, state, running->graph(), recipe);
  };
  Trainer whole(options);
  running = &whole;
  whole.run();
  options.save_state = {};
  const TrainingState state = run::load_training_state(file, whole.graph(), recipe, options.seed);
  options.resume = &state;
  Trainer rest(options);
  rest.run();
  EXPECT_EQ(rest.model().parameters, whole.model().parameters);

  TrainingState shorter = state;
  shorter.scores.pop_back();
  options.resume = &shorter;
  EXPECT_THAT([&] { Trainer{options}; },
              testing::ThrowsMessage<InputError>(testing::HasSubstr("scores of 95 pictures; there are 96")));

  const auto differs_after = [&](const auto& forget) {
    TrainingState forgetful = state;
    forget(forgetful);
    options.resume = &forgetful;
    Trainer other(options);
    other.run();
    return other.model().parameters != whole.model().parameters;
  };
  EXPECT_TRUE(differs_after([](TrainingState& s) { std::ranges::fill(s.scores, 1.0f); }));
  EXPECT_TRUE(differs_after([](TrainingState& s) { std::ranges::fill(s.times_trained, std::uint8_t{0}); }));
}

double sum_of(const std::vector<float>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

TEST(Balance, IsSetAfterTrainingAndChangesNothingElse) {
  for (const std::string& ema : {std::string("train.epochs=2"), std::string("ema={every=1,decay=0.5}")}) {
    const std::vector<std::string> plain = {"train.batch=16", "select={scores='remembered',keep=0.5}", ema};
    std::vector<std::string> with_balance = plain;
    with_balance.emplace_back("network.layers[8].balance=true");
    const Trained balanced = train(with_balance);
    const std::vector<float>& biases = balanced["linear1.bias"];
    EXPECT_NE(biases, std::vector<float>(3));
    EXPECT_NEAR(sum_of(biases), 0, 1e-5);
    EXPECT_EQ(balanced["linear1.weight"], train(plain)["linear1.weight"]);
    EXPECT_EQ(train(with_balance, 3)["linear1.bias"], biases);
  }
}

TEST(Balance, MakesProbabilitiesSumToTheClassesSizes) {
  const Trained trained = train({"network.layers[8].balance=true", "network.logit_scale=0.125"});
  const Pictures pictures;
  Machine machine(1);
  Evaluator evaluator({trained.graph, pictures.dataset, machine});
  evaluator.load(trained.model);
  const std::vector<float> logits = evaluator.plain_logits(pictures.dataset.train);
  std::vector<double> sums(3);
  for (std::size_t picture = 0; picture < Pictures::kCount; ++picture) {
    double exponentials[3], total = 0;
    for (std::size_t c = 0; c < 3; ++c) total += exponentials[c] = std::exp(double{logits[3 * picture + c]});
    for (std::size_t c = 0; c < 3; ++c) sums[c] += exponentials[c] / total;
  }
  for (const double sum : sums) EXPECT_NEAR(sum, Pictures::kCount / 3, 0.5);
}

TEST(Balance, IsSetAgainByARunThatWasInterruptedRightAfterItsLastStep) {
  const Pictures pictures;
  const recipe::Recipe recipe =
      recipe::parse_recipe(kRecipe, "own.toml", std::vector<std::string>{"network.layers[8].balance=true"});
  Machine machine(1);
  TrainerOptions options = options_for(recipe, pictures, machine);
  TrainingState state;
  options.save_state = [&](const TrainingState& now) { state = now; };
  Trainer whole(options);
  whole.run();
  options.save_state = {};
  state.epoch_images = 96;  // of an epoch that was not evaluated yet
  std::vector<float>& biases =
      state.model.parameters[static_cast<std::size_t>(whole.graph().balance_parameter)];
  biases = {0.7f, -0.3f, 0.1f};
  options.resume = &state;
  Trainer rest(options);
  rest.run();
  EXPECT_EQ(rest.model().parameters, whole.model().parameters);
}

TEST(Freezing, EverythingFrozenStillEnds) {
  const Trained trained = train({"optimizer.filters.train_until=1", "optimizer.biases.train_until=1"});
  EXPECT_EQ(trained.result.steps, 6);
  EXPECT_FALSE(trained.result.failed);
  EXPECT_EQ(trained["linear1.weight"], train({"train.epochs=1"})["linear1.weight"]);
}

}  // namespace
}  // namespace ftl::train
