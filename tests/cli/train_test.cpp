// ftl train from the outside: what it prints, leaves behind and returns.
#include "cli/program.hpp"
#include "machine/instruction_set.hpp"

namespace ftl::cli {
namespace {

using testing::AllOf;
using testing::Each;
using testing::Ge;
using testing::Gt;
using testing::HasSubstr;
using testing::Le;
using testing::Lt;
using testing::SizeIs;

class Train : public ProgramTest {
 protected:
  Train() { place_pictures(); }

  static constexpr const char* kTrain = "train small.toml --data pictures ";
};

TEST_F(Train, LearnsAnEasyTask) {
  done(std::string(kTrain) + "--out run --set train.epochs=20 --target-accuracy 0.9", on_generic());
  EXPECT_GE(json("run/summary.json")["accuracy"]["mean"], 0.9);
}

TEST_F(Train, SummarisesOneRun) {
  done(std::string(kTrain) + "--out run --json copy.json --seed 7 --threads 1");
  const nlohmann::json summary = json("run/summary.json");
  EXPECT_EQ(summary, json("copy.json"));
  EXPECT_EQ(summary["recipe"], "small");
  EXPECT_EQ(summary["dataset"], "pictures");
  EXPECT_EQ(summary["classes"], 3);
  EXPECT_EQ(summary["train_images"], 120);
  EXPECT_EQ(summary["test_images"], 60);
  EXPECT_EQ(summary["batch"], 60);
  EXPECT_EQ(summary["epochs"], 3.0);
  EXPECT_EQ(summary["runs"], 1);
  EXPECT_EQ(summary["seeds"], std::vector<int>{7});
  EXPECT_EQ(summary["failed_runs"], 0);
  EXPECT_EQ(summary["interrupted"], false);
  for (const char* accuracy : {"accuracy", "accuracy_plain"}) {
    EXPECT_EQ(summary[accuracy]["values"], std::vector<double>{summary[accuracy]["mean"]});
    EXPECT_THAT(summary[accuracy]["mean"].get<double>(), AllOf(Ge(0.0), Le(1.0)));
    EXPECT_TRUE(summary[accuracy]["std"].is_null());
    EXPECT_TRUE(summary[accuracy]["ci95"].is_null());
  }
  EXPECT_EQ(summary["threads"], 1);
  EXPECT_EQ(summary["device"], "cpu");
}

TEST_F(Train, ReportsTimesAndSpeedThatAddUp) {
  done(std::string(kTrain) + "--out run");
  const nlohmann::json summary = json("run/summary.json");
  const nlohmann::json& seconds = summary["seconds"];
  double parts = 0;
  for (const char* part : {"load", "init", "train", "eval"}) {
    EXPECT_GT(seconds[part].get<double>(), 0) << part;
    parts += seconds[part].get<double>();
  }
  EXPECT_LE(parts, seconds["total"].get<double>());
  EXPECT_GT(summary["flop_per_run"], 0);
  EXPECT_GT(summary["peak_tflops"], 0);
  EXPECT_GT(summary["peak_memory_bytes"], 0);
  const double tflops = summary["flop_per_run"].get<double>() / seconds["train"].get<double>() / 1e12;
  EXPECT_NEAR(summary["tflops"], tflops, 1e-9 * tflops);
}

TEST_F(Train, LeavesItsRecipeEnvironmentAndMetrics) {
  done(std::string(kTrain) + "--out run --set train.epochs=2.5");
  const std::vector<nlohmann::json> epochs = json_lines("run/metrics.jsonl");
  ASSERT_THAT(epochs, SizeIs(3));
  EXPECT_EQ(epochs[0]["epoch"], 1.0);
  EXPECT_EQ(epochs[2]["epoch"], 2.5);
  for (const char* key : {"train_accuracy", "val_accuracy"}) {
    EXPECT_THAT(epochs[2][key].get<double>(), AllOf(Ge(0.0), Le(1.0))) << key;
  }
  EXPECT_EQ(epochs[2]["val_accuracy"], json("run/summary.json")["accuracy_plain"]["mean"]);
  EXPECT_THAT(text("run/recipe.toml"), AllOf(HasSubstr("epochs = 2.5\n"), HasSubstr("views = \"mirror\"\n")));
  // The resolved recipe is a recipe, of the same run.
  done("train run/recipe.toml --data pictures --out again");
  EXPECT_EQ(text("run/checkpoint.safetensors"), text("again/checkpoint.safetensors"));
}

TEST_F(Train, SummarisesSeveralRuns) {
  EXPECT_THAT(done(std::string(kTrain) + "--out run --runs 3 --seed 5"),
              AllOf(HasSubstr("run 1 of 3"), HasSubstr("run 3 of 3"), HasSubstr("std of 3 runs")));
  const nlohmann::json summary = json("run/summary.json");
  EXPECT_EQ(summary["seeds"], (std::vector<int>{5, 6, 7}));
  EXPECT_THAT(summary["accuracy"]["values"], SizeIs(3));
  EXPECT_TRUE(summary["accuracy"]["std"].is_number());
  EXPECT_TRUE(summary["accuracy"]["ci95"].is_number());
  EXPECT_THAT(json_lines("run/metrics.jsonl"), SizeIs(9));
  EXPECT_EQ(text("run/checkpoint.safetensors"), text("run/run-1/checkpoint.safetensors"));
  EXPECT_NE(text("run/run-1/checkpoint.safetensors"), text("run/run-2/checkpoint.safetensors"));
}

TEST_F(Train, MeasuresForgettingWhenAskedTo) {
  const std::string printed = done(std::string(kTrain) + "--out run --runs 2 --forgetting");
  EXPECT_THAT(printed, AllOf(HasSubstr("After epoch 3: "), HasSubstr("0.9 to 1.0"), HasSubstr("green")));
  EXPECT_THAT(printed, testing::ContainsRegex("never \\(test\\) +120  ")) << "60 in each of two runs";
  const std::vector<nlohmann::json> lines = json_lines("run/forgetting.jsonl");
  ASSERT_THAT(lines, SizeIs(6));
  EXPECT_EQ(lines[5]["run"], 1);
  EXPECT_THAT(lines[5]["seen"], SizeIs(10));
  EXPECT_EQ(lines[5]["unseen"]["accuracy"], json_lines("run/metrics.jsonl")[5]["val_accuracy"]);
  EXPECT_EQ(lines[5]["classes"][0]["class"], "blue");
  EXPECT_EQ(lines[5]["classes"][0]["pictures"], 40);
}

TEST_F(Train, PrintsOnlyJsonOnStdoutWhenAskedTo) {
  const test::ProcessResult result = ftl(std::string(kTrain) + "--out run --json -");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(nlohmann::json::parse(result.out), json("run/summary.json"));
  EXPECT_THAT(result.err, HasSubstr("train_loss"));
}

TEST_F(Train, QuietPrintsNothing) {
  const test::ProcessResult result = ftl(std::string(kTrain) + "--out run --quiet");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out + result.err, "");
}

TEST_F(Train, ExitsWithThreeBelowTheTargetAccuracy) {
  done(std::string(kTrain) + "--out run --target-accuracy 0");
  const test::ProcessResult result =
      ftl(std::string(kTrain) + "--out run --set train.epochs=0.5 --target-accuracy 1");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.out, HasSubstr("target"));
  const test::ProcessResult silent =
      ftl(std::string(kTrain) + "--out run --quiet --set train.epochs=0.5 --target-accuracy 1");
  EXPECT_EQ(silent.exit_code, 3);
  EXPECT_THAT(silent.err, HasSubstr("misses the target of 100.00 %"));
}

TEST_F(Train, TimesTheRunByTheProtocol) {
  done(std::string(kTrain) + "--out run --protocol airbench");
  const nlohmann::json summary = json("run/summary.json");
  const nlohmann::json& seconds = summary["seconds"];
  EXPECT_EQ(summary["protocol"], "airbench");
  EXPECT_EQ(
      summary["protocol_seconds"]["mean"],
      seconds["init"].get<double>() + seconds["train"].get<double>() + seconds["final_eval"].get<double>());
  EXPECT_THAT(seconds["final_eval"].get<double>(), AllOf(Gt(0.0), Lt(seconds["eval"].get<double>())));
}

TEST_F(Train, ThePlainEvaluationOfTheLastEpochIsTheFinalOne) {
  done(std::string(kTrain) + "--out run --set eval.views=plain");
  const nlohmann::json seconds = json("run/summary.json")["seconds"];
  EXPECT_THAT(seconds["final_eval"].get<double>(), AllOf(Gt(0.0), Lt(seconds["eval"].get<double>())));
}

TEST_F(Train, TimesToTheFirstEpochAtTheTarget) {
  const std::string train = std::string(kTrain) + "--protocol dawnbench --out run --target-accuracy ";
  EXPECT_THAT(done(train + "0"), HasSubstr("dawnbench time "));
  const nlohmann::json reached = json("run/summary.json");
  EXPECT_EQ(reached["protocol_seconds"]["mean"],
            reached["seconds"]["init"].get<double>() +
                json_lines("run/metrics.jsonl")[0]["total_seconds"].get<double>());

  EXPECT_THAT(ftl(train + "1 --set train.epochs=0.5").out, HasSubstr("dawnbench time  not reached"));
  EXPECT_TRUE(json("run/summary.json")["protocol_seconds"]["mean"].is_null());
}

TEST_F(Train, SameSeedSameBytesWhateverTheThreads) {
  place_pictures("larger", {.side = 16, .train = 60, .test = 20});
  const std::string train = "train every.toml --data larger --quiet --seed 3 --out ";
  done(train + "a --threads 1");
  const std::string checkpoint = text("a/checkpoint.safetensors");
  for (const char* threads : {"1", "2", "3"}) {
    done(train + "b --threads " + threads);
    EXPECT_TRUE(text("b/checkpoint.safetensors") == checkpoint) << threads << " threads";
    EXPECT_EQ(json("b/summary.json")["accuracy"], json("a/summary.json")["accuracy"]);
  }
  done("train every.toml --data larger --quiet --seed 4 --out c");
  EXPECT_FALSE(text("c/checkpoint.safetensors") == checkpoint);
}

TEST_F(Train, CrossValidatesWithoutTheTestSplit) {
  // A test split of classes with exchanged colours, as below.
  place_pictures("exchanged", {.classes = {"a", "b", "c"}});
  std::filesystem::rename(folder / "exchanged/test/a", folder / "exchanged/test/d");
  std::filesystem::rename(folder / "exchanged/test/b", folder / "exchanged/test/a");
  std::filesystem::rename(folder / "exchanged/test/d", folder / "exchanged/test/b");
  const std::string train = "train small.toml --data exchanged --out run --set train.epochs=20 --runs 2 ";
  EXPECT_THAT(done(train + "--kfold 4 --seed 3", on_generic()),
              HasSubstr("over 4 folds of the training pictures"));
  const nlohmann::json summary = json("run/summary.json");
  EXPECT_EQ(summary["runs"], 8);
  EXPECT_EQ(summary["seeds"], (std::vector<int>{3, 3, 3, 3, 4, 4, 4, 4}));
  EXPECT_EQ(summary["train_images"], 90);
  EXPECT_EQ(summary["test_images"], 30);
  EXPECT_EQ(summary["evaluated_on"], "each of 4 folds of the training pictures");
  EXPECT_GE(summary["accuracy"]["mean"], 0.9);
  EXPECT_EQ(ftl(train + "--resume --kfold 4 --seed 3", on_generic()).exit_code, 0);
  EXPECT_EQ(json("run/summary.json")["accuracy"], summary["accuracy"]);
  EXPECT_THAT(refusal("train small.toml --data exchanged --out run --set train.epochs=20 --resume --runs 8"),
              HasSubstr("another recipe"));
}

TEST_F(Train, RefusesFoldsThatCannotBe) {
  const std::string train = "train small.toml --data pictures --out none ";
  EXPECT_THAT(refusal(train + "--kfold 1"), AllOf(HasSubstr("--kfold"), HasSubstr("2 to")));
  EXPECT_THAT(refusal(train + "--kfold 3 --holdout 0.1"), HasSubstr("excludes"));
  EXPECT_THAT(refusal(train + "--kfold 3 --set train.holdout=0.1"), HasSubstr("exclude each other"));
  EXPECT_THAT(refusal(train + "--kfold 41"), HasSubstr("has 40 training pictures"));
}

TEST_F(Train, HoldsOutTrainingPicturesToEvaluateOn) {
  // A test split with the colours of the classes exchanged: who evaluates on it gets next to nothing right.
  place_pictures("exchanged", {.classes = {"a", "b", "c"}});
  const auto move_class = [&](const char* from, const char* to) {
    std::filesystem::rename(folder / "exchanged" / from, folder / "exchanged" / to);
  };
  move_class("test/a", "test/d");
  move_class("test/b", "test/a");
  move_class("test/d", "test/b");
  const std::string train = "train small.toml --data exchanged --out run --set train.epochs=20 ";
  EXPECT_THAT(done(train + "--holdout 0.25", on_generic()), HasSubstr("of 30 held-out training pictures"));
  const nlohmann::json summary = json("run/summary.json");
  EXPECT_EQ(summary["train_images"], 90);
  EXPECT_EQ(summary["test_images"], 30);
  EXPECT_EQ(summary["evaluated_on"], "held-out training pictures");
  EXPECT_GE(summary["accuracy"]["mean"], 0.9);
  EXPECT_THAT(text("run/recipe.toml"), HasSubstr("holdout = 0.25\n"));
  done(train, on_generic());
  EXPECT_LE(json("run/summary.json")["accuracy"]["mean"], 0.5);
  EXPECT_EQ(json("run/summary.json")["evaluated_on"], "test split");
  EXPECT_THAT(refusal("train small.toml --data pictures --out none --holdout 1"),
              HasSubstr("train.holdout must be a number in [0, 1)"));
}

TEST_F(Train, SmallerPicturesTakeFewerFlop) {
  const auto flop = [&](const std::string& resolution) {
    done(kTrain + ("--quiet --out run --set train.epochs=2 --set train.resolution=" + resolution));
    return json("run/summary.json")["flop_per_run"].get<double>();
  };
  const double own = flop("[]");
  const double small = flop("[{size=4,until=2}]");
  EXPECT_LT(small, 0.35 * own);
  EXPECT_DOUBLE_EQ(flop("[{size=4,until=1}]"), (small + own) / 2);
}

// After a single step: the more steps, the more grows out of a different rounding.
TEST_F(Train, EveryInstructionSetCanBeForcedAndComputesTheSame) {
  const std::string train = std::string(kTrain) + "--quiet --set train.epochs=0.5 --out ";
  std::vector<double> losses;
  for (const IsaStatus& candidate : isa_candidates()) {
    if (!candidate.usable) continue;
    const std::string isa(name(candidate.isa));
    done(train + isa, {.environment = {{"FTL_ISA", isa}}});
    EXPECT_EQ(json(isa + "/summary.json")["isa"], isa);
    EXPECT_EQ(json(isa + "/environment.json")["isa"], isa);
    losses.push_back(json_lines(isa + "/metrics.jsonl").back()["val_loss"]);
  }
  EXPECT_THAT(losses, Each(testing::DoubleNear(losses.back(), 0.02 * losses.back())));
}

TEST_F(Train, ARunThatDivergesFailsWithAdvice) {
  const std::string diverge = " --set optimizer.filters.lr=1e30 --set optimizer.biases.lr=1e38";
  const test::ProcessResult result = ftl(kTrain + ("--out run --runs 2" + diverge));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("seed 0"), HasSubstr("try lower learning rates")));
  EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
  const nlohmann::json summary = json("run/summary.json");
  EXPECT_EQ(summary["runs"], 2);
  EXPECT_EQ(summary["failed_runs"], 2);
  EXPECT_THAT(summary["accuracy"]["values"], SizeIs(0));
  EXPECT_FALSE(std::filesystem::exists(folder / "run/checkpoint.safetensors"));
}

TEST_F(Train, ARunWhoseFiltersAloneDivergeFailsToo) {
  const test::ProcessResult result = ftl(kTrain + std::string("--out run --set optimizer.filters.lr=1e300 "
                                                              "--set optimizer.linear.lr=0.002"));
  EXPECT_EQ(result.exit_code, 1) << result.out;
  EXPECT_THAT(result.err, HasSubstr("try lower learning rates"));
}

TEST_F(Train, ARunWhoseLastStepDivergesFailsToo) {
  const test::ProcessResult result =
      ftl(std::string(kTrain) + "--out run --set train.epochs=0.5 --set optimizer.biases.lr=1e38");
  EXPECT_EQ(result.exit_code, 1) << result.out;
  EXPECT_THAT(result.err, AllOf(HasSubstr("loss on the test split"), HasSubstr("try lower learning rates")));
  EXPECT_FALSE(std::filesystem::exists(folder / "run/checkpoint.safetensors"));
}

TEST_F(Train, WithoutDataOrNetworkItSaysSoAndTakesTheSyntheticSet) {
  const test::ProcessOptions offline{
      .environment = {{"FTL_DATA", ""}, {"https_proxy", "http://127.0.0.1:9"}}};
  const std::string train = "train small.toml --set train.epochs=0.02 --json summary.json --out run";
  EXPECT_THAT(done(train, offline),
              HasSubstr("training on the synthetic set. Name yours with --data or FTL_DATA"));
  EXPECT_EQ(json("summary.json")["dataset"], "synthetic");
  test::ProcessOptions without_cache = offline;
  without_cache.environment["FTL_CACHE"] = "/proc/none";
  EXPECT_THAT(refusal("train small.toml", without_cache),
              AllOf(HasSubstr("/proc/none"), HasSubstr("FTL_CACHE")));
}

TEST_F(Train, AFullDiskEndsTheRunWithOneLine) {
  done("data import pictures");
  const std::set<std::string> before = files();
  // Room for the recipe and the events, not for the weights.
  const test::ProcessResult result = ftl(std::string(kTrain) + "--quiet --out run", {.largest_file = 5000});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, AllOf(HasSubstr("run/training_state.safetensors"), HasSubstr("cannot be written")));
  EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
  for (const std::string& file : files()) EXPECT_THAT(file, testing::Not(HasSubstr(".partial")));
}

// The one test that asks how much is learned on the instruction set that the machine chooses.
TEST_F(Train, ANarrowDefaultRecipeLearnsTheSyntheticPictures) {
  done(
      "train --data synthetic --out run --target-accuracy 0.8 "
      "--set network.width=0.25 --set train.batch=125");
  const nlohmann::json summary = json("run/summary.json");
  EXPECT_EQ(summary["recipe"], "speedrun");
  EXPECT_EQ(summary["dataset"], "synthetic");
  EXPECT_EQ(summary["classes"], 10);
}

}  // namespace
}  // namespace ftl::cli
