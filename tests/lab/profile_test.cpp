// What is said of recorded spans: sums by kind and by layer, and the trace.
#include "lab/profile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/random.hpp"
#include "data/resident_source.hpp"
#include "engine/make_engine.hpp"
#include "lab/chrome_trace.hpp"
#include "lab/step_profiler.hpp"
#include "train/trainer.hpp"

namespace ftl::lab {
namespace {

using engine::Chore;
using engine::WorkKind;
using testing::ElementsAre;

constexpr std::int64_t kMillisecond = 1'000'000;

// Two threads, 10 ms, one of which nobody named: convolution of node 1 for 3 + 4 ms, of node 2 for 2 ms, ...
Recording two_threads() {
  const Activity first = engine::item_activity(0, 1);
  const Activity second = engine::item_activity(0, 2);
  const Activity optimizer = engine::activity(Chore::optimizer);
  const auto span = [](Activity activity, int begin, int end) {
    return Span{activity, 500 + begin * kMillisecond, 500 + end * kMillisecond};
  };
  return {.layers = {"pictures", "conv1", "conv2 \"wide\""},
          .lines = {{span(first, 0, 3), span(second, 3, 5), span(optimizer, 5, 9), span(kUnnamed, 9, 10)},
                    {span(first, 0, 4), span(kWaiting, 4, 10)}},
          .items = {{first, {WorkKind::convolution_forward, "convolution", 1}},
                    {second, {WorkKind::convolution_forward, "convolution", 2}}},
          .flop = {{first, 14e9}, {second, 1e9}},
          .wall_seconds = 0.010,
          .steps = 2};
}

const ProfileRow& row_of(const std::vector<ProfileRow>& rows, WorkKind kind, const std::string& layer = "") {
  const auto found = std::ranges::find_if(
      rows, [&](const ProfileRow& row) { return row.kind == kind && row.layer == layer; });
  if (found == rows.end()) throw std::out_of_range("no such row");
  return *found;
}

TEST(Profile, SumsByKindTheLongestFirst) {
  const Profile profile = sum_up(two_threads());
  ASSERT_EQ(profile.kinds.size(), 3u) << "only kinds that were at work";
  EXPECT_EQ(profile.kinds[0].kind, WorkKind::convolution_forward);
  EXPECT_EQ(profile.kinds[1].kind, WorkKind::waiting);
  EXPECT_EQ(profile.kinds[2].kind, WorkKind::optimizer);
  EXPECT_NEAR(profile.kinds[0].seconds, 0.009, 1e-12);
  EXPECT_NEAR(profile.kinds[1].seconds, 0.006, 1e-12);
  EXPECT_NEAR(profile.kinds[2].seconds, 0.004, 1e-12);
  EXPECT_EQ(profile.kinds[0].work, "convolution forward");
}

TEST(Profile, SumsByLayerTheLongestFirst) {
  const Profile profile = sum_up(two_threads());
  std::vector<std::string> layers;
  for (const ProfileRow& row : profile.layers) layers.push_back(row.layer);
  EXPECT_THAT(layers, ElementsAre("conv1", "", "", "conv2 \"wide\""));
  EXPECT_NEAR(row_of(profile.layers, WorkKind::convolution_forward, "conv1").seconds, 0.007, 1e-12);
}

TEST(Profile, IsShareOfAllThreadsAndTimeOfAStep) {
  const Profile profile = sum_up(two_threads());
  EXPECT_NEAR(profile.thread_seconds(), 0.020, 1e-12);
  EXPECT_NEAR(profile.measured_seconds(), 0.019, 1e-12) << "a millisecond has no name";
  const ProfileRow& waiting = row_of(profile.kinds, WorkKind::waiting);
  EXPECT_NEAR(profile.share(waiting), 0.3, 1e-9);
  EXPECT_NEAR(profile.seconds_of_step(waiting), 0.0015, 1e-12);  // 6 ms of two threads in two steps
}

TEST(Profile, TellsTheRateOfProducts) {
  const Profile profile = sum_up(two_threads());
  // 14 GFLOP in 7 ms of one thread: 2 TFLOP/s, 4 of both.
  const ProfileRow& conv1 = row_of(profile.layers, WorkKind::convolution_forward, "conv1");
  EXPECT_NEAR(conv1.flop_per_second(profile.threads), 4e12, 1e3);
  EXPECT_EQ(row_of(profile.kinds, WorkKind::convolution_forward).flop, 15e9);
  EXPECT_EQ(row_of(profile.kinds, WorkKind::optimizer).flop, 0);
}

TEST(ChromeTrace, HasARowAThreadAndASpanAnEvent) {
  const nlohmann::json trace = nlohmann::json::parse(chrome_trace(two_threads()));
  std::map<int, std::string> rows;
  std::map<int, std::vector<std::string>> names;
  for (const auto& event : trace.at("traceEvents")) {
    const int thread = event.at("tid");
    if (event.at("ph") == "M") {
      rows[thread] = event.at("args").at("name");
      continue;
    }
    ASSERT_EQ(event.at("ph"), "X");
    names[thread].push_back(event.at("name"));
    if (event.at("name") == "optimizer") {
      EXPECT_EQ(event.at("ts"), 5000.0);
      EXPECT_EQ(event.at("dur"), 4000.0);
      EXPECT_EQ(event.at("cat"), "optimizer");
    }
  }
  EXPECT_THAT(rows, ElementsAre(testing::Pair(0, "thread 0"), testing::Pair(1, "thread 1")));
  EXPECT_THAT(names[0], ElementsAre("conv1 convolution", "conv2 \"wide\" convolution", "optimizer"));
  EXPECT_THAT(names[1], ElementsAre("conv1 convolution", "waiting"));
}

constexpr const char* kRecipe = R"(
[train]
batch = 64
epochs = 2
[augment]
flip = "random"
[network]
layers = [{ op = "whiten", images = 50, bias = true }, { op = "act" }, { op = "conv", out = 8 }, { op = "max_pool" },
          { op = "batch_norm" }, { op = "act" }, { op = "squeeze_excite", ratio = 4 }, { op = "global_avg_pool" },
          { op = "linear" }]
[optimizer.filters]
kind = "muon"
lr = 0.01
[optimizer.linear]
lr = 0.01
[optimizer.biases]
lr = 0.01
[ema]
)";

class ProfiledSteps : public testing::TestWithParam<int> {
 protected:
  ProfiledSteps() {
    Random random(0, RandomPurpose::test);
    for (std::int32_t i = 0; i < kPictures; ++i) labels_.push_back(i % 2);
    for (int i = 0; i < kPictures * 8 * 8 * 3; ++i) {
      pixels_.push_back(static_cast<std::uint8_t>(random.below(256)));
    }
    dataset_.class_names = {"dark", "bright"};
    dataset_.train = dataset_.test =
        data::resident_split({.size = {8, 8}, .pixels = pixels_, .labels = labels_, .storage = {}});
    dataset_.mean = {0.5f, 0.5f, 0.5f};
    dataset_.standard_deviation = {0.25f, 0.25f, 0.25f};
  }

  StepProfile profile(int steps) {
    return StepProfiler(
               {.recipe = recipe_, .dataset = dataset_, .engine = *engine_, .steps = steps, .progress = {}})
        .run();
  }

  static constexpr std::int32_t kPictures = 160;  // 2 steps an epoch, 4 in all
  std::vector<std::uint8_t> pixels_;
  std::vector<std::int32_t> labels_;
  data::Dataset dataset_;
  recipe::Recipe recipe_ = recipe::parse_recipe(kRecipe, "tiny");
  ThreadPool threads_{GetParam()};
  std::unique_ptr<engine::Engine> engine_ =
      engine::make_engine(engine::kCpu, kernels::kernels_for(select_isa()), threads_);
};

INSTANTIATE_TEST_SUITE_P(Threads, ProfiledSteps, testing::Values(1, 2, 3),
                         [](const auto& test) { return std::to_string(test.param); });

// Named spans, unnamed ones and waiting: on the recorder's clock they are all of the time of every thread.
TEST_P(ProfiledSteps, AccountForAllTimeOfAllThreads) {
  const StepProfile steps = profile(5);
  ASSERT_EQ(steps.recording.lines.size(), static_cast<std::size_t>(GetParam()));
  std::set<std::int64_t> totals;
  double unnamed = 0;
  for (const std::vector<Span>& line : steps.recording.lines) {
    std::int64_t total = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (i > 0) {
        ASSERT_LE(line[i - 1].end, line[i].begin);
      }
      total += line[i].end - line[i].begin;
      if (line[i].activity == kUnnamed) unnamed += 1e-9 * static_cast<double>(line[i].end - line[i].begin);
    }
    totals.insert(total);
  }
  ASSERT_EQ(totals.size(), 1u) << "every thread is recorded for the same time";
  const Profile sums = sum_up(steps.recording);
  const double recorded = 1e-9 * static_cast<double>(*totals.begin()) * GetParam();
  EXPECT_NEAR(sums.measured_seconds() + unnamed, recorded, 1e-6);
  EXPECT_LE(recorded, sums.thread_seconds()) << "the steps' own clock runs around the recorder's";
  double of_layers = 0;
  for (const ProfileRow& row : sums.layers) of_layers += row.seconds;
  EXPECT_NEAR(of_layers, sums.measured_seconds(), 1e-9);
}

TEST_P(ProfiledSteps, ShowEveryStepOfThePlanAndTheWorkAround) {
  const StepProfile steps = profile(3);
  std::set<Activity> seen;
  for (const std::vector<Span>& line : steps.recording.lines) {
    for (const Span& span : line) seen.insert(span.activity);
  }
  const train::Trainer trainer(
      {.recipe = recipe_, .dataset = dataset_, .engine = *engine_, .save_state = {}});
  std::set<std::string_view> kinds;
  for (const engine::WorkSegment& segment : trainer.program().segments()) {
    for (const engine::WorkItem& item : segment.items) {
      kinds.insert(item.name);
      EXPECT_TRUE(seen.contains(item.activity)) << item.name << " of " << item.node;
      EXPECT_EQ(steps.recording.items.at(item.activity).name, item.name);
    }
  }
  EXPECT_GT(kinds.size(), 10u);
  for (const Chore chore :
       {Chore::weight_packing, Chore::gradient_reduction, Chore::optimizer, Chore::average}) {
    EXPECT_TRUE(seen.contains(engine::activity(chore))) << name(chore);
  }
  EXPECT_EQ(seen.contains(kWaiting), GetParam() > 1);
}

TEST_P(ProfiledSteps, CountTheProductsOfTheRecordedSteps) {
  const StepProfile steps = profile(3);
  const train::Trainer trainer(
      {.recipe = recipe_, .dataset = dataset_, .engine = *engine_, .save_state = {}});
  double flop = 0;
  for (const ProfileRow& row : sum_up(steps.recording).kinds) flop += row.flop;
  EXPECT_GT(flop, 0);
  EXPECT_DOUBLE_EQ(flop, trainer.program().cost().flop * 64 * 3);
}

// As many as are asked for, also beyond the end of so short a training.
TEST_P(ProfiledSteps, AreTakenWithAndWithoutTheRecorder) {
  const StepProfile steps = profile(6);
  EXPECT_EQ(steps.recording.steps, 6);
  EXPECT_EQ(steps.recorded_seconds.size(), 6u);
  EXPECT_EQ(steps.plain_seconds.size(), 6u);
  EXPECT_EQ(steps.batch, 64);
  EXPECT_EQ(threads_.recorder(), nullptr);
}

TEST(StepProfile, TellsWhatRecordingCosts) {
  StepProfile steps;
  steps.plain_seconds = {1, 2, 1};
  steps.recorded_seconds = {1.02, 2.02, 5};
  EXPECT_NEAR(steps.recording_cost().value, 0.02, 1e-9)
      << "the step that something else slowed does not count";
}

}  // namespace
}  // namespace ftl::lab
