// Ctrl-C in the middle of an experiment, and what --resume makes of what it leaves.
#include <gtest/gtest.h>

#include <cmath>
#include <csignal>

#include "base/file.hpp"
#include "base/interrupt.hpp"
#include "base/random.hpp"
#include "data/resident_source.hpp"
#include "lab/experiment.hpp"
#include "support/temporary_folder.hpp"

namespace ftl::lab {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRecipe = R"(
[train]
batch = 32
epochs = 3
[augment]
flip = "random"
[network]
layers = [{ op = "conv", out = 8 }, { op = "batch_norm" }, { op = "act" }, { op = "global_avg_pool" },
          { op = "linear" }]
[optimizer.filters]
lr = 0.01
[optimizer.biases]
lr = 0.01
[ema]
[eval]
views = "mirror"
)";

// Two classes of 8x8 noise, one brighter than the other.
class TinyDataset {
 public:
  TinyDataset() {
    Random random(0, RandomPurpose::test);
    for (std::int32_t i = 0; i < kPictures; ++i) {
      labels_.push_back(i % 2);
      for (int byte = 0; byte < 8 * 8 * 3; ++byte) {
        pixels_.push_back(static_cast<std::uint8_t>(random.below(200) + 50 * static_cast<unsigned>(i % 2)));
      }
    }
    dataset.class_names = {"dark", "bright"};
    dataset.train = dataset.test =
        data::resident_split({.size = {8, 8}, .pixels = pixels_, .labels = labels_, .storage = {}});
    dataset.mean = {0.5f, 0.5f, 0.5f};
    dataset.standard_deviation = {0.25f, 0.25f, 0.25f};
  }

  data::Dataset dataset;

 private:
  static constexpr std::int32_t kPictures = 96;  // 3 steps an epoch
  std::vector<std::uint8_t> pixels_;
  std::vector<std::int32_t> labels_;
};

// Presses Ctrl-C after a step, and counts what it sees.
class Observer final : public train::TrainingObserver {
 public:
  explicit Observer(std::int64_t interrupt_after = 0) : interrupt_after_(interrupt_after) {}
  void on_step(std::int64_t done, std::int64_t, double) override {
    ++steps;
    if (done == interrupt_after_) std::raise(SIGINT);
  }
  void on_epoch(const train::EpochRecord&) override { ++epochs; }

  int steps = 0;
  int epochs = 0;

 private:
  std::int64_t interrupt_after_;
};

std::vector<train::RunResult> run_in(const fs::path& folder, bool resume, Observer& observer) {
  const TinyDataset tiny;
  const recipe::Recipe recipe = recipe::parse_recipe(kRecipe, "tiny");
  ThreadPool threads(1);
  run::RunDirectory directory(
      {.folder = folder, .resume = resume, .recipe = recipe::to_toml(recipe), .environment = {}});
  return run_experiment({.recipe = recipe,
                         .dataset = tiny.dataset,
                         .kernels = kernels::kernels_for(select_isa()),
                         .threads = threads,
                         .directory = directory,
                         .resume = resume,
                         .observer = &observer});
}

// In a process of its own, which it ends: with 0 when the interruption went as it should.
void interrupt_after(std::int64_t step, int epochs, const fs::path& folder) {
  catch_interrupts();
  Observer observer(step);
  const std::vector<train::RunResult> results = run_in(folder, false, observer);
  const bool as_it_should = results.size() == 1 && results[0].interrupted && results[0].steps == step &&
                            observer.epochs == epochs && std::isnan(results[0].accuracy) &&
                            std::isnan(results[0].accuracy_plain) == (epochs == 0) &&
                            fs::exists(folder / "checkpoint.safetensors");
  std::exit(as_it_should ? 0 : 1);
}

// The steps of 3 epochs: inside the first, at the end of the second before its evaluation, at the very end.
class CtrlC : public testing::TestWithParam<int> {};

TEST_P(CtrlC, LosesNothing) {
  const int step = GetParam();
  const test::TemporaryFolder unbroken;
  Observer whole;
  const std::vector<train::RunResult> expected = run_in(unbroken.path(), false, whole);
  const test::TemporaryFolder folder;
  const int epochs_before = (step - 1) / 3;
  EXPECT_EXIT(interrupt_after(step, epochs_before, folder.path()), testing::ExitedWithCode(0), "");
  Observer rest;
  const std::vector<train::RunResult> resumed = run_in(folder.path(), true, rest);
  EXPECT_EQ(rest.steps, 9 - step);
  EXPECT_EQ(rest.epochs, 3 - epochs_before);
  EXPECT_FALSE(resumed.at(0).interrupted);
  EXPECT_EQ(resumed.at(0).accuracy, expected.at(0).accuracy);
  EXPECT_EQ(resumed.at(0).accuracy_plain, expected.at(0).accuracy_plain);
  EXPECT_EQ(read_text(folder / "checkpoint.safetensors"), read_text(unbroken / "checkpoint.safetensors"));
}

INSTANTIATE_TEST_SUITE_P(AfterStep, CtrlC, testing::Values(2, 6, 9));

TEST(Resume, RefusesTheResultOfAnotherSeed) {
  const test::TemporaryFolder folder;
  Observer observer;
  run_in(folder.path(), false, observer);
  std::string record = read_text(folder / "result.json");
  record.replace(record.find("\"seed\": 0"), 9, "\"seed\": 5");
  folder.write("result.json", record);
  EXPECT_THROW(run_in(folder.path(), true, observer), InputError);
}

}  // namespace
}  // namespace ftl::lab
