// ftl sweep and ftl ablate.
#include "cli/program.hpp"

namespace ftl::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Experiment : public ProgramTest {
 protected:
  Experiment() {
    place_pictures();
    folder.write("tricks.toml", std::string(kSmallRecipe) + R"(
[[ablation]]
name = "flips"
set = ["augment.flip=none"]
[[ablation]]
name = "norm"
layers = [{ find = [{ op = "batch_norm" }], put = [] }]
)");
  }

  // results.csv up to the accuracies: what the clock says differs.
  std::vector<std::string> accuracies(const std::string& out) const {
    std::vector<std::string> lines;
    std::istringstream stream(text(out + "/results.csv"));
    for (std::string line; std::getline(stream, line);) {
      for (int field = 0; field < 5; ++field) line.resize(line.rfind(','));
      lines.push_back(line);
    }
    return lines;
  }

  const std::string sweep =
      "sweep small.toml --data pictures --grid batch=30,60 --grid lr=0.001..0.004:log:3 --runs 2 --out ";
};

TEST_F(Experiment, SweepsAndMarksTheBestCell) {
  const std::string out = done(sweep + "out");
  EXPECT_THAT(out, AllOf(HasSubstr("6 cells, 2 runs each"), HasSubstr("batch=60 lr=0.002"),
                         HasSubstr("accuracy in percent by batch (rows) and lr (columns)\n"),
                         HasSubstr("training seconds by batch (rows) and lr (columns)\n")));
  EXPECT_EQ(accuracies("out").size(), 7u);
  EXPECT_EQ(json("out/experiment.json")["cells"].size(), 6u);
  EXPECT_EQ(json("out/cells/0006/summary.json")["batch"], 60);
  EXPECT_EQ(json("out/cells/0006/summary.json")["runs"], 2);
}

TEST_F(Experiment, DrawsEveryTwoAxes) {
  const std::string out = done(
      "sweep small.toml --data pictures --grid batch=30,60 --grid lr=0.001,0.002 --grid momentum=0.5,0.9 "
      "--runs 1 "
      "--out out");
  EXPECT_THAT(out,
              AllOf(HasSubstr("accuracy in percent by batch (rows) and momentum (columns), the best over lr"),
                    HasSubstr("training seconds by lr (rows) and momentum (columns), the mean over batch")));
}

TEST_F(Experiment, TellsTensorBoardEachRunsSettings) {
  done(sweep + "out");
  int begun = 0;
  int ended = 0;
  for (const std::string& file : files()) {
    if (file.find("events.out.tfevents.") == std::string::npos) continue;
    const std::string events = text(file);
    begun += events.find("_hparams_/session_start_info") != std::string::npos ? 1 : 0;
    ended += events.find("_hparams_/session_end_info") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(begun, 12);
  EXPECT_EQ(ended, 12);
}

TEST_F(Experiment, GivesTheSameTableAfterKills) {
  const std::string longer = sweep + "out --jobs 2 --threads 2 --set train.epochs=10";
  // At the first state of all, within a run, at a run's end, and twice at the same place; all together they
  // are less than the epochs of the 12 runs.
  for (const int epochs : {1, 3, 10, 11, 1, 1, 17, 25}) {
    EXPECT_TRUE(killed_after(epochs, longer));
    EXPECT_FALSE(std::filesystem::exists(folder / "out/results.csv"));
  }
  done(longer);
  done(sweep + "whole --jobs 1 --set train.epochs=10");
  EXPECT_EQ(accuracies("out"), accuracies("whole"));
}

TEST_F(Experiment, AddsSeedsToAllCells) {
  const std::string cells = "sweep small.toml --data pictures --grid batch=30,60 --out ";
  done(cells + "out --runs 2");
  const std::string first = text("out/cells/0001/run-1/result.json");
  EXPECT_THAT(done(cells + "out --runs 4"), AllOf(HasSubstr("4 runs each"), HasSubstr("2 to do")));
  EXPECT_EQ(text("out/cells/0001/run-1/result.json"), first);
  EXPECT_EQ(json("out/cells/0002/summary.json")["runs"], 4);
  done(cells + "whole --runs 4");
  EXPECT_EQ(accuracies("out"), accuracies("whole"));
  EXPECT_EQ(exists("out/cells/0001/checkpoint.safetensors") + exists("out/cells/0002/checkpoint.safetensors"),
            1)
      << "of the best cell";
  EXPECT_THAT(refusal(cells + "out --runs 3"), HasSubstr("4 runs each, which cannot become 3"));
  done(cells + "single --runs 1");
  EXPECT_THAT(refusal(cells + "single --runs 2"), HasSubstr("one run each, which cannot become 2"));
}

TEST_F(Experiment, SaysHowToGoOnAfterCtrlC) {
  const test::ProcessResult result = ftl(sweep + "out", {.signal = {SIGINT, "0001/summary.json"}});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.err, "ftl: interrupted; the same command with --out out goes on\n");
  EXPECT_THAT(done(sweep + "out"), HasSubstr("6/6"));
}

// When the first of two workers has finished its cell, the shortest of three cells has not begun, whichever
// worker that is.
TEST_F(Experiment, BeginsWithTheLongestCells) {
  const std::string cells =
      "sweep small.toml --data pictures --grid epochs=1,2,40 --runs 1 --threads 2 --jobs 2 --out out";
  EXPECT_EQ(ftl(cells, {.signal = {SIGKILL, "summary.json"}}).exit_code, -1);
  EXPECT_FALSE(exists("out/cells/0001/environment.json"));
  done(cells);
  EXPECT_TRUE(exists("out/cells/0001/environment.json"));
}

TEST_F(Experiment, KeepsFinishedCells) {
  done(sweep + "out");
  const auto written = std::filesystem::last_write_time(folder / "out/cells/0001/summary.json");
  for (const char* cell : {"0002", "0003"}) {  // one of them at least has lost its checkpoint
    std::filesystem::remove(folder / "out/cells" / cell / "summary.json");
  }
  EXPECT_THAT(done(sweep + "out"), HasSubstr("2 to do"));
  EXPECT_EQ(std::filesystem::last_write_time(folder / "out/cells/0001/summary.json"), written);
  EXPECT_THAT(refusal(sweep + "out --seed 5"), AllOf(HasSubstr("out"), HasSubstr("another experiment")));
}

TEST_F(Experiment, KeepsTheCheckpointsOfItsBestCellOnly) {
  done(sweep + "out");
  std::set<std::string> cells;
  for (const std::string& file : files()) {
    if (file.ends_with("checkpoint.safetensors")) cells.insert(file.substr(0, file.find("/cells/") + 11));
  }
  ASSERT_EQ(cells.size(), 1u);
  const auto best = [&](const std::string& cell) {
    return json(cell + "/summary.json")["accuracy"]["mean"].get<double>();
  };
  for (int cell = 1; cell <= 6; ++cell)
    EXPECT_LE(best("out/cells/000" + std::to_string(cell)), best(*cells.begin()));
}

TEST_F(Experiment, DoesNotTakeCellsOfOtherSettingsForItsOwn) {
  const std::string one = "sweep small.toml --data pictures --grid batch=30 --runs 1 --out out";
  done(one);
  EXPECT_THAT(refusal(one + " --set train.epochs=2"),
              AllOf(HasSubstr("out/cells/0001"), HasSubstr("another recipe")));
  EXPECT_THAT(refusal(one + " --holdout 0.5"), HasSubstr("another recipe"));
  EXPECT_THAT(done(one), HasSubstr("0 to do"));
}

TEST_F(Experiment, PrintsAPlanAndWritesNothing) {
  const std::set<std::string> before = files();
  const std::string plan = done(sweep + "out --dry-run");
  EXPECT_THAT(plan, AllOf(HasSubstr("6 to do"), HasSubstr("about "), HasSubstr("batch=30 lr=0.004")));
  EXPECT_EQ(files(), before);
  const nlohmann::json expected = nlohmann::json::parse(done(sweep + "out --dry-run --json -"))["expected"];
  EXPECT_EQ(expected["open_cells"], 6);
  EXPECT_GT(expected["seconds"], 0);
}

TEST_F(Experiment, ExpectsTheWorkThatItThenDoes) {
  const std::string one = "sweep small.toml --data pictures --grid batch=60 --runs 1 --out out";
  const nlohmann::json plan = nlohmann::json::parse(done(one + " --dry-run --json -"));
  done(one);
  // Evaluation counts in the plan only; of 120 training and 60 test pictures it is about a third.
  const double trained = json("out/cells/0001/summary.json")["flop_per_run"];
  EXPECT_GT(plan["expected"]["flop"].get<double>(), trained);
  EXPECT_LT(plan["expected"]["flop"].get<double>(), 1.7 * trained);
}

TEST_F(Experiment, GoesIntoAFolderOfItsOwnWithoutOut) {
  const std::string out = done("sweep small.toml --data pictures --grid batch=30 --runs 1");
  EXPECT_THAT(out, testing::ContainsRegex("into runs/sweep-small-[-0-9]+\n"));
  EXPECT_THAT(files(), testing::Contains(testing::MatchesRegex("runs/sweep-small-[-0-9]+/experiment.json")));
}

TEST_F(Experiment, WritesAllFiguresAsJson) {
  const nlohmann::json json = nlohmann::json::parse(
      done("sweep small.toml --data pictures --grid batch=30,60 --runs 2 --out out --json -"));
  EXPECT_EQ(json["cells"][1]["settings"]["train.batch"], "60");
  EXPECT_EQ(json["cells"][1]["accuracy"]["values"].size(), 2u);
}

TEST_F(Experiment, AblatesEachTrick) {
  const std::string out = done("ablate tricks.toml --data pictures --runs 3 --out out");
  EXPECT_THAT(out, AllOf(HasSubstr("(the whole recipe)"), HasSubstr("flips"), HasSubstr("worth"),
                         HasSubstr("95 % interval")));
  EXPECT_THAT(text("out/cells/0003/recipe.toml"), testing::Not(HasSubstr("batch_norm")));
  EXPECT_EQ(json("out/experiment.json")["cells"][0]["baseline"], true);
}

TEST_F(Experiment, AddsOneTrickAfterTheOther) {
  const std::string out = done("ablate tricks.toml --cumulative --data pictures --runs 2 --out out");
  EXPECT_THAT(out, HasSubstr("(none of the tricks)"));
  EXPECT_THAT(text("out/cells/0001/recipe.toml"),
              AllOf(testing::Not(HasSubstr("batch_norm")), HasSubstr("flip = \"none\"")));
  EXPECT_THAT(text("out/cells/0003/recipe.toml"),
              AllOf(HasSubstr("batch_norm"), HasSubstr("flip = \"random\"")));
}

TEST_F(Experiment, FailsWhereNoRunOfAnyCellSucceeded) {
  const std::string diverging =
      "--data pictures --set optimizer.filters.lr=1e30 --set optimizer.biases.lr=1e38 ";
  for (const std::string command : {"sweep small.toml --grid batch=30,60 ", "ablate tricks.toml ",
                                    "scale small.toml --width 0.5,1 --epochs 1,2 "}) {
    const std::string out = command.substr(0, command.find(' '));
    const test::ProcessResult result = ftl(command + diverging + "--runs 1 --out " + out);
    EXPECT_EQ(result.exit_code, 1) << command;
    EXPECT_THAT(result.err,
                AllOf(HasSubstr("no run succeeded; seed 0"), HasSubstr("try lower learning rates")));
    EXPECT_THAT(result.out, testing::Not(HasSubstr("\n* "))) << "none is the best";
    EXPECT_TRUE(exists(out + "/results.csv"));
  }
}

TEST_F(Experiment, RefusesBadUsage) {
  const std::string small = "sweep small.toml --data pictures --out out ";
  EXPECT_THAT(refusal(small), HasSubstr("--grid"));
  EXPECT_THAT(refusal(small + "--grid bacth=1,2"), HasSubstr("did you mean batch?"));
  EXPECT_THAT(refusal(small + "--grid train.bacth=1,2"), HasSubstr("train.batch?"));
  EXPECT_THAT(refusal(small + "--grid lr=0..1:log:3"), HasSubstr("above 0"));
  EXPECT_THAT(refusal(small + "--grid lr=1..1:log:3"), HasSubstr("empty"));
  EXPECT_THAT(refusal(small + "--grid lr=2..1:log:3"), HasSubstr("descends"));
  EXPECT_THAT(refusal(small + "--grid batch=8,16 --grid batch=4"), HasSubstr("already"));
  EXPECT_THAT(refusal(small + "--grid batch=8,16 --couple batch=lr"), HasSubstr("--couple"));
  EXPECT_THAT(refusal(small + "--grid batch=8,16 --threads 1 --jobs 2"), HasSubstr("--jobs"));
  EXPECT_THAT(refusal("ablate small.toml --data pictures --out out"), HasSubstr("[[ablation]]"));
}

}  // namespace
}  // namespace ftl::cli
