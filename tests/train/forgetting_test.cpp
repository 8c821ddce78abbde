#include "train/forgetting.hpp"

#include <gmock/gmock.h>

#include <numeric>

#include "base/random.hpp"
#include "data/augmentation.hpp"
#include "data/resident_source.hpp"
#include "engine/make_engine.hpp"
#include "train/trainer.hpp"

namespace ftl::train {
namespace {

constexpr std::uint64_t kSeed = 5;

// By definition: goes through the training step by step and notes when each picture was drawn last.
PicturesByAge expected(const recipe::Recipe& recipe, std::int64_t count) {
  TrainingClock clock(recipe, count);
  const std::int64_t length = count / clock.batch() * clock.batch();
  std::vector<std::int64_t> drawn(static_cast<std::size_t>(count), -2 * length);
  for (; !clock.finished(); clock.advance()) {
    const std::vector<std::int32_t> order = data::epoch_order(count, kSeed, clock.epoch());
    for (std::int64_t place = clock.first(); place < clock.first() + clock.drawn(); ++place) {
      drawn[static_cast<std::size_t>(order[static_cast<std::size_t>(place)])] =
          clock.epoch() * length + place;
    }
  }
  // A step draws what fills its batch, so that less than a batch may be left of an epoch that is over.
  const std::int64_t now = std::llround(clock.epochs() * static_cast<double>(length)) - 1;
  PicturesByAge pictures;
  for (std::size_t picture = 0; picture < drawn.size(); ++picture) {
    const double epochs_ago = static_cast<double>(now - drawn[picture]) / static_cast<double>(length);
    if (epochs_ago >= 1) continue;
    pictures[static_cast<std::size_t>(epochs_ago * kAgeBins + 1e-9)].push_back(
        static_cast<std::int32_t>(picture));
  }
  return pictures;
}

std::size_t total(const PicturesByAge& pictures) {
  return std::accumulate(pictures.begin(), pictures.end(), std::size_t{0},
                         [](std::size_t sum, const auto& bin) { return sum + bin.size(); });
}

struct Course {
  int batch;
  double epochs;
  recipe::SelectionConfig selection = {};
  std::size_t seen = 0;  // pictures within the last epoch; 0: not said
};

TEST(PicturesByAge, AreThoseThatWereDrawnSoLongAgo) {
  constexpr std::int64_t kCount = 103;
  const recipe::SelectionConfig select{.keep = 0.4, .start = 0, .size = 0};
  for (const Course& course : {Course{10, 3, {}, 100}, Course{10, 0.5, {}, 50}, Course{10, 2.6},
                               Course{103, 2, {}, 103}, Course{7, 2.5, select}, Course{10, 3, select}}) {
    recipe::Recipe recipe;
    recipe.batch = course.batch;
    recipe.epochs = course.epochs;
    recipe.selection = course.selection;
    TrainingClock clock(recipe, kCount);
    clock.go_to(clock.total_steps());
    PicturesByAge pictures = pictures_by_age(clock, kCount, kSeed);
    for (auto& bin : pictures) std::ranges::sort(bin);
    EXPECT_EQ(pictures, expected(recipe, kCount)) << course.batch << ", " << course.epochs << " epochs";
    if (course.seen > 0) {
      EXPECT_EQ(total(pictures), course.seen);
    }
  }
}

TEST(PicturesByAge, ComeTheLatestFirst) {
  recipe::Recipe recipe;
  recipe.batch = 10;
  recipe.epochs = 1;
  TrainingClock clock(recipe, 100);
  clock.go_to(clock.total_steps());
  std::vector<std::int32_t> all;
  for (const auto& bin : pictures_by_age(clock, 100, kSeed)) all.insert(all.end(), bin.begin(), bin.end());
  std::ranges::reverse(all);
  EXPECT_EQ(all, data::epoch_order(100, kSeed, 0));
}

// Noise with labels that say nothing about it: all that can be done is to learn it by heart.
class Noise {
 public:
  Noise() {
    Random random(0, RandomPurpose::test);
    constexpr std::int32_t kCount = 320;
    for (std::int32_t i = 0; i < kCount; ++i) labels_.push_back(static_cast<std::int32_t>(random.below(3)));
    for (int byte = 0; byte < kCount * 8 * 8 * 3; ++byte) {
      pixels_.push_back(static_cast<std::uint8_t>(random.below(256)));
    }
    dataset.class_names = {"red", "green", "blue"};
    const data::Split all =
        data::resident_split({.size = {8, 8}, .pixels = pixels_, .labels = labels_, .storage = {}});
    data::IndexList pictures(kCount);
    std::iota(pictures.begin(), pictures.end(), 0);
    dataset.train = all.subset({pictures.begin(), pictures.end() - 64});
    dataset.test = all.subset({pictures.end() - 64, pictures.end()});
    dataset.mean = {0.5f, 0.5f, 0.5f};
    dataset.standard_deviation = {0.25f, 0.25f, 0.25f};
  }
  Noise(const Noise&) = delete;
  Noise& operator=(const Noise&) = delete;

  data::Dataset dataset;

 private:
  std::vector<std::uint8_t> pixels_;
  std::vector<std::int32_t> labels_;
};

constexpr const char* kRecipe = R"(
[train]
batch = 16
epochs = 6
[network]
layers = [
  { op = "conv", out = 64 },
  { op = "batch_norm" },
  { op = "act" },
  { op = "max_pool" },
  { op = "linear" },
]
[optimizer.filters]
lr = 0.01
momentum = 0.5
schedule = { kind = "constant" }
[optimizer.biases]
lr = 0.01
schedule = { kind = "constant" }
)";

class Recorder final : public TrainingObserver {
 public:
  void on_epoch(const EpochRecord& record) override { epochs.push_back(record); }
  void on_forgetting(const ForgettingRecord& record) override { forgetting.push_back(record); }

  std::vector<EpochRecord> epochs;
  std::vector<ForgettingRecord> forgetting;
};

struct Trained {
  Recorder records;
  graph::Model model;
  double score_of_training_pictures = 0;
};

Trained train(bool forgetting, const std::vector<std::string>& settings = {}, Isa isa = select_isa()) {
  const Noise noise;
  const recipe::Recipe recipe = recipe::parse_recipe(kRecipe, "own.toml", settings);
  ThreadPool pool(1);
  const auto engine = engine::make_engine(engine::kCpu, kernels::kernels_for(isa), pool);
  Trained trained;
  Trainer trainer({.recipe = recipe,
                   .dataset = noise.dataset,
                   .engine = *engine,
                   .seed = kSeed,
                   .observer = &trained.records,
                   .forgetting = forgetting,
                   .save_state = {}});
  EXPECT_FALSE(trainer.run().failed);
  Evaluator evaluator({trainer.graph(), noise.dataset, *engine});
  evaluator.load(trainer.model());
  trained.score_of_training_pictures =
      evaluator.score(evaluator.plain_logits(noise.dataset.train), noise.dataset.train).loss;
  trained.model = trainer.model();
  return trained;
}

// Over groups that share no picture.
GroupScore together(std::initializer_list<GroupScore> groups) {
  GroupScore all;
  for (const GroupScore& group : groups) {
    const auto pictures = static_cast<double>(group.pictures);
    all.pictures += group.pictures;
    all.loss += pictures * group.loss;
    all.accuracy += pictures * group.accuracy;
  }
  all.loss /= static_cast<double>(all.pictures);
  all.accuracy /= static_cast<double>(all.pictures);
  return all;
}

void expect_equal(const GroupScore& one, const GroupScore& other) {
  EXPECT_EQ(one.pictures, other.pictures);
  EXPECT_NEAR(one.loss, other.loss, 1e-9);
  EXPECT_NEAR(one.accuracy, other.accuracy, 1e-9);
}

TEST(Forgetting, GroupsHoldEachTrainingPictureOnce) {
  const Trained trained = train(true, {"ema.start_epoch=1"});
  const ForgettingRecord& record = trained.records.forgetting.back();
  const auto& age = record.by_age;
  const auto& of_class = record.by_class;
  const GroupScore recent = together({age[0], age[1], age[2], age[3], age[4]});
  const GroupScore oldest = together({age[5], age[6], age[7], age[8], age[9]});
  expect_equal(together({of_class[0].recent, of_class[1].recent, of_class[2].recent}), recent);
  expect_equal(together({of_class[0].oldest, of_class[1].oldest, of_class[2].oldest}), oldest);
  for (const ClassForgetting& one : of_class) expect_equal(together({one.recent, one.oldest}), one.all);
  const GroupScore all = together({recent, oldest});
  EXPECT_EQ(all.pictures, 256);
  EXPECT_NEAR(all.loss, trained.score_of_training_pictures, 1e-9) << "by the averaged weights";
  EXPECT_EQ(record.unseen.accuracy, trained.records.epochs.back().ema_val_accuracy);
  EXPECT_EQ(record.epoch, 6);
}

// What a network happens to learn differs by instruction set and by seed. This one is trained on the same
// instruction set everywhere, fast enough that one step learns a picture by heart, and all epochs count
// together.
TEST(Forgetting, ShowsInWhatANetworkLearnsByHeart) {
  const Trained trained = train(true, {"optimizer.filters.lr=0.03"}, Isa::generic);
  ASSERT_EQ(trained.records.forgetting.size(), 6u);
  double newest = 0, oldest = 0, unseen = 0;
  for (const ForgettingRecord& record : trained.records.forgetting) {
    newest += record.by_age.front().loss;
    oldest += record.by_age.back().loss;
    unseen += record.unseen.loss;
  }
  EXPECT_LT(newest, oldest);
  EXPECT_LT(oldest, unseen);
}

TEST(Forgetting, MeasuringItChangesNoBitOfTheTraining) {
  const Trained with = train(true);
  const Trained without = train(false);
  EXPECT_EQ(with.model.parameters, without.model.parameters);
  EXPECT_TRUE(without.records.forgetting.empty());
}

TEST(Forgetting, HasNoScoreForWhatWasNotSeenYet) {
  const ForgettingRecord record = train(true, {"train.epochs=0.5"}).records.forgetting.at(0);
  EXPECT_GT(record.by_age[4].pictures, 0);
  EXPECT_EQ(record.by_age[5].pictures, 0);
  EXPECT_TRUE(std::isnan(record.by_age[5].loss));
  EXPECT_EQ(record.by_class[0].oldest.pictures, 0);
}

TEST(Forgetting, SamplesLargeSetsEvenly) {
  const Noise noise;
  const recipe::Recipe recipe = recipe::parse_recipe(kRecipe, "own.toml", {});
  const graph::Graph graph = graph::build_graph(recipe.network, {8, 8, 3});
  ThreadPool pool(1);
  const auto engine = engine::make_engine(engine::kCpu, kernels::kernels_for(select_isa()), pool);
  Evaluator evaluator({graph, noise.dataset, *engine});
  evaluator.load(graph::initialise(graph, 1));
  PicturesByAge pictures;
  for (int i = 0; i < 2500; ++i) pictures[3].push_back(i < 1250 ? 7 : 9);
  const ForgettingRecord record = measure_forgetting(evaluator, noise.dataset, pictures);
  EXPECT_EQ(record.by_age[3].pictures, 1000);
  const auto loss = [&](std::int32_t picture) {
    const std::vector<float> logits = evaluator.plain_logits(noise.dataset.train, std::span(&picture, 1));
    const std::int32_t label = noise.dataset.train.label(picture);
    return loss::score(logits, 3, std::span(&label, 1)).loss;
  };
  EXPECT_NEAR(record.by_age[3].loss, (loss(7) + loss(9)) / 2, 1e-9);
}

}  // namespace
}  // namespace ftl::train
