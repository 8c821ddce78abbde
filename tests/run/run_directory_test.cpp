#include "run/run_directory.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.hpp"
#include "base/file.hpp"
#include "run/event_file.hpp"
#include "support/temporary_folder.hpp"
#include "support/unprivileged.hpp"

namespace ftl::run {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::ThrowsMessage;
namespace fs = std::filesystem;

RunDirectoryOptions options(const fs::path& folder, int runs = 1) {
  return {.folder = folder,
          .runs = runs,
          .recipe = "name = \"x\"\n",
          .environment = {"A CPU", Isa::avx2, 3, "a compiler", "1.2.3", "an OS", "digest"}};
}

train::EpochRecord epoch(int run, double done) {
  train::EpochRecord record;
  record.run = run;
  record.epoch = done;
  return record;
}

std::vector<json> lines(const fs::path& path) {
  std::vector<json> parsed;
  std::istringstream text(read_text(path));
  for (std::string line; std::getline(text, line);) parsed.push_back(json::parse(line));
  return parsed;
}

int event_files(const fs::path& folder) {
  return static_cast<int>(std::ranges::count_if(fs::directory_iterator(folder), [](const auto& entry) {
    return entry.path().filename().string().starts_with("events.out.tfevents.");
  }));
}

TEST(RunDirectory, IsCreatedWithItsParentsAndHoldsWhatIsKnownAtTheStart) {
  const test::TemporaryFolder folder;
  const RunDirectory directory(options(folder / "a/b"));
  EXPECT_EQ(read_text(folder / "a/b/recipe.toml"), "name = \"x\"\n");
  const json environment = json::parse(read_text(folder / "a/b/environment.json"));
  EXPECT_EQ(environment, json({{"cpu", "A CPU"},
                               {"isa", "avx2"},
                               {"threads", 3},
                               {"compiler", "a compiler"},
                               {"version", "1.2.3"},
                               {"operating_system", "an OS"},
                               {"dataset", "digest"}}));
}

TEST(RunDirectory, KeepsALineAnEpoch) {
  const test::TemporaryFolder folder;
  RunDirectory directory(options(folder.path()));
  directory.add_epoch({0, 1, 2.5, 0.25, 1.5, 0.5, std::nullopt, 4.0}, 7);
  directory.add_epoch({0, 1.5, 2, 0.5, 1, 0.75, 0.875, 6.0}, 7);
  const std::vector<json> metrics = lines(folder / "metrics.jsonl");  // while the run is going on
  ASSERT_THAT(metrics, SizeIs(2));
  EXPECT_EQ(metrics[0], json({{"run", 0},
                              {"seed", 7},
                              {"epoch", 1.0},
                              {"train_loss", 2.5},
                              {"train_accuracy", 0.25},
                              {"val_loss", 1.5},
                              {"val_accuracy", 0.5},
                              {"ema_val_accuracy", nullptr},
                              {"total_seconds", 4.0}}));
  EXPECT_EQ(metrics[1]["ema_val_accuracy"], 0.875);
  EXPECT_EQ(event_files(folder.path()), 1);
}

TEST(RunDirectory, EventsHoldARunsSettingsAndItsEnd) {
  const test::TemporaryFolder folder;
  RunDirectory directory(options(folder / "runs/a", 2));
  train::RunResult result;
  result.epochs = 1.5;
  result.accuracy = 0.75;
  result.seconds.train = 8;
  directory.begin_run(0, 7);
  directory.add_epoch(epoch(0, 1), 7);
  directory.end_run(0, result);
  result.failed = true;
  directory.begin_run(1, 8);
  directory.end_run(1, result);

  const std::vector<events::Event> good = read_events(event_file(folder / "runs/a/run-1"));
  ASSERT_THAT(good, SizeIs(4));
  const events::SessionStartInfo start = plugin_data(good[0]).session_start_info();
  EXPECT_EQ(start.hparams().at("recipe").string_value(), "x");
  EXPECT_EQ(start.hparams().at("seed").number_value(), 7);
  EXPECT_EQ(good[2].step(), 2);
  EXPECT_EQ(good[2].summary().value(0).tag(), "final/accuracy");
  EXPECT_EQ(good[2].summary().value(0).simple_value(), 0.75);
  EXPECT_EQ(good[2].summary().value(1).tag(), "final/train_seconds");
  EXPECT_EQ(good[2].summary().value(1).simple_value(), 8);
  EXPECT_EQ(plugin_data(good[3]).session_end_info().status(), events::STATUS_SUCCESS);

  const std::vector<events::Event> failed = read_events(event_file(folder / "runs/a/run-2"));
  ASSERT_THAT(failed, SizeIs(2));
  EXPECT_EQ(plugin_data(failed[0]).session_start_info().hparams().at("seed").number_value(), 8);
  EXPECT_EQ(plugin_data(failed[1]).session_end_info().status(), events::STATUS_FAILURE);
}

TEST(RunDirectory, EventsSayWhichFoldARunIsOf) {
  const test::TemporaryFolder folder;
  RunDirectory directory(options(folder.path(), 2));
  directory.begin_run(1, 7, 1);
  const events::SessionStartInfo start =
      plugin_data(read_events(event_file(folder / "run-2")).at(0)).session_start_info();
  EXPECT_EQ(start.hparams().at("fold").number_value(), 1);
}

TEST(RunDirectory, HoldsNoFileOpenForARunThatIsDone) {
  const test::TemporaryFolder folder;
  RunDirectory directory(options(folder.path(), 3));
  const auto open_event_files = [] {
    return std::ranges::count_if(fs::directory_iterator("/proc/self/fd"), [](const auto& entry) {
      std::error_code gone;  // the one that lists the others
      return fs::read_symlink(entry.path(), gone).string().find("events.out.tfevents.") != std::string::npos;
    });
  };
  for (int run = 0; run < 3; ++run) {
    directory.begin_run(run, 7);
    EXPECT_EQ(open_event_files(), 1);
    directory.end_run(run, train::RunResult());
    EXPECT_EQ(open_event_files(), 0);
  }
}

TEST(RunDirectory, KeepsForgettingOnlyWhereItIsMeasured) {
  const test::TemporaryFolder folder;
  RunDirectory directory(options(folder.path()));
  EXPECT_FALSE(fs::exists(directory.forgetting_path()));
  train::ForgettingRecord record;
  record.epoch = 2;
  record.by_age[9] = {1000, 1.5, 0.5};
  record.by_age[8].loss = std::nan("");
  record.by_class = {{"cat", {10, 3, 0.25}, {4, 1, 0.5}, {6, 2, 0.125}}};
  record.unseen = {500, 2, 0.75};
  directory.add_forgetting(record, 7);
  const std::vector<json> kept = lines(folder / "forgetting.jsonl");
  ASSERT_THAT(kept, SizeIs(1));
  EXPECT_EQ(kept[0]["seed"], 7);
  EXPECT_EQ(kept[0]["seen"][9],
            json({{"from", 0.9}, {"to", 1.0}, {"pictures", 1000}, {"loss", 1.5}, {"accuracy", 0.5}}));
  EXPECT_EQ(kept[0]["seen"][8]["loss"], nullptr);
  EXPECT_EQ(kept[0]["unseen"], json({{"pictures", 500}, {"loss", 2.0}, {"accuracy", 0.75}}));
  EXPECT_EQ(kept[0]["classes"][0]["oldest"], json({{"pictures", 6}, {"loss", 2.0}, {"accuracy", 0.125}}));
  EXPECT_EQ(kept[0]["classes"][0]["loss"], 3.0);
}

TEST(RunDirectory, OneRunSavesItsCheckpointAtTheTop) {
  const test::TemporaryFolder folder;
  const RunDirectory directory(options(folder.path()));
  EXPECT_EQ(directory.checkpoint_path(0), folder / "checkpoint.safetensors");
  std::ofstream(directory.checkpoint_path(0)) << "weights";
  directory.publish_checkpoint(0);
  EXPECT_EQ(read_text(folder / "checkpoint.safetensors"), "weights");
}

TEST(RunDirectory, SeveralRunsHaveFoldersOfTheirOwn) {
  const test::TemporaryFolder folder;
  RunDirectory directory(options(folder.path(), 2));
  directory.add_epoch(epoch(0, 1), 1);
  directory.add_epoch(epoch(1, 1), 2);
  std::ofstream(directory.checkpoint_path(1)) << "second";
  directory.publish_checkpoint(1);
  EXPECT_EQ(directory.checkpoint_path(1), folder / "run-2/checkpoint.safetensors");
  EXPECT_EQ(read_text(folder / "checkpoint.safetensors"), "second");
  EXPECT_EQ(event_files(folder / "run-1"), 1);
  EXPECT_EQ(event_files(folder / "run-2"), 1);
  EXPECT_EQ(lines(folder / "metrics.jsonl")[1]["run"], 1);
}

TEST(RunDirectory, NewTrainingReplacesEarlierResultsOnly) {
  const test::TemporaryFolder folder;
  folder.write("metrics.jsonl", "{}\n");
  folder.write("checkpoint.safetensors", "old");
  folder.write("run-1/summary.json", "old");
  folder.write("events.out.tfevents.1.host.2", "old");
  folder.write("run-2/result.json", "old");
  folder.write("training_state.safetensors", "old");
  folder.write("forgetting.jsonl", "{}\n");
  folder.write("notes.txt", "mine");
  const RunDirectory directory(options(folder.path()));
  EXPECT_THAT(lines(folder / "metrics.jsonl"), IsEmpty());
  EXPECT_FALSE(fs::exists(folder / "checkpoint.safetensors"));
  EXPECT_FALSE(fs::exists(folder / "forgetting.jsonl"));
  EXPECT_FALSE(fs::exists(folder / "run-1/summary.json"));
  EXPECT_FALSE(fs::exists(folder / "run-2/result.json"));
  EXPECT_FALSE(fs::exists(folder / "training_state.safetensors"));
  EXPECT_EQ(event_files(folder.path()), 0);
  EXPECT_EQ(read_text(folder / "notes.txt"), "mine");
}

TEST(RunDirectory, ResumedTrainingGoesOn) {
  const test::TemporaryFolder folder;
  { RunDirectory(options(folder.path())).add_epoch(epoch(0, 1), 1); }
  std::ofstream(folder / "metrics.jsonl", std::ios::app) << "{\"run\": 0, \"see";  // killed meanwhile
  folder.write("checkpoint.safetensors", "old");
  RunDirectoryOptions resumed = options(folder.path());
  resumed.resume = true;
  RunDirectory directory(resumed);
  directory.add_epoch(epoch(0, 2), 1);
  const std::vector<json> metrics = lines(folder / "metrics.jsonl");
  ASSERT_THAT(metrics, SizeIs(2));
  EXPECT_EQ(metrics[1]["epoch"], 2.0);
  EXPECT_THAT(directory.epochs(), SizeIs(2));
  EXPECT_TRUE(fs::exists(folder / "checkpoint.safetensors"));
}

TEST(RunDirectory, ResumesTheSameRecipeOnTheSameDataOnly) {
  const test::TemporaryFolder folder;
  const RunDirectoryOptions begun = options(folder.path());
  { const RunDirectory directory(begun); }
  RunDirectoryOptions resumed = begun;
  resumed.resume = true;
  EXPECT_NO_THROW(RunDirectory{resumed});
  RunDirectoryOptions several = resumed;
  several.runs = 2;
  EXPECT_THAT([&] { RunDirectory{several}; }, ThrowsMessage<InputError>(HasSubstr("--runs 1")));
  RunDirectoryOptions other_recipe = resumed;
  other_recipe.recipe = "name = \"y\"\n";
  EXPECT_THAT([&] { RunDirectory{other_recipe}; }, ThrowsMessage<InputError>(HasSubstr("another recipe")));
  RunDirectoryOptions other_data = resumed;
  other_data.environment.dataset = "other digest";
  EXPECT_THAT([&] { RunDirectory{other_data}; }, ThrowsMessage<InputError>(HasSubstr("other data")));
  EXPECT_EQ(read_text(folder / "recipe.toml"), begun.recipe);
}

TEST(RunDirectory, ThereMustBeARunToResume) {
  const test::TemporaryFolder folder;
  RunDirectoryOptions resumed = options(folder / "none");
  resumed.resume = true;
  EXPECT_THAT([&] { RunDirectory{resumed}; }, ThrowsMessage<InputError>(HasSubstr("holds no run")));
  EXPECT_FALSE(fs::exists(folder / "none"));
}

TEST(RunDirectory, FileInItsPlaceIsAnInputErrorThatNamesIt) {
  const test::TemporaryFolder folder;
  folder.write("taken", "");
  for (const char* name : {"taken", "taken/below"}) {
    EXPECT_THAT([&] { RunDirectory directory(options(folder / name)); },
                ThrowsMessage<InputError>(AllOf(HasSubstr("run directory"), HasSubstr("taken"))));
  }
}

TEST(RunDirectory, ReadOnlyFolderIsAnInputErrorThatLeavesNothing) {
  const test::TemporaryFolder folder;
  const test::Unprivileged user(folder.path());
  fs::create_directory(folder / "locked");
  fs::permissions(folder / "locked", fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_THAT([&] { RunDirectory directory(options(folder / "locked")); },
              ThrowsMessage<InputError>(HasSubstr("locked")));
  EXPECT_TRUE(fs::is_empty(folder / "locked"));
  fs::permissions(folder / "locked", fs::perms::owner_all);
}

TEST(RunDirectory, FolderThatTakesNoFilesIsAnInputError) {
  EXPECT_THAT([] { RunDirectory directory(options("/proc/ftl-run")); },
              ThrowsMessage<InputError>(HasSubstr("/proc/ftl-run")));
}

TEST(RunDirectory, WritesTheSummary) {
  const test::TemporaryFolder folder;
  const RunDirectory directory(options(folder.path()));
  directory.write_summary("{}\n");
  EXPECT_EQ(read_text(folder / "summary.json"), "{}\n");
}

TEST(Environment, OfThisProcessIsComplete) {
  const Environment environment = current_environment(Isa::generic, 2, "9.9", "digest");
  EXPECT_FALSE(environment.cpu.empty());
  EXPECT_FALSE(environment.compiler.empty());
  EXPECT_THAT(environment.operating_system, HasSubstr("Linux"));
  EXPECT_EQ(environment.threads, 2);
  EXPECT_EQ(environment.version, "9.9");
}

}  // namespace
}  // namespace ftl::run
