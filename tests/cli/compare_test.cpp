// ftl compare from the outside.
#include "cli/program.hpp"

namespace ftl::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

class Compare : public ProgramTest {
 protected:
  Compare() {
    place_pictures();
    folder.write("long.toml", std::string(kSmallRecipe) + "# more\n");
  }

  // Of small.toml and of itself with settings, which are one argument.
  test::ProcessResult compare(const std::string& settings, const std::string& options) const {
    test::ProcessOptions process{.folder = folder.path()};
    process.environment = {{"FTL_CACHE", (folder / "cache").string()}, {"FTL_ISA", "generic"}};
    process.arguments = {FTL_BINARY, "compare", "small.toml", "small.toml " + settings, "--data", "pictures"};
    std::istringstream words(options);
    for (std::string word; words >> word;) process.arguments.push_back(word);
    return test::run_process(process);
  }
};

TEST_F(Compare, PairsRunsOfBothBySeed) {
  const test::ProcessResult result =
      compare("train.epochs=0.5", "--runs 3 --seed 4 --out study --json result.json");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("(3 pairs with the same seed)"), HasSubstr("Welch's test p"),
                                HasSubstr("small.toml train.epochs=0.5")));
  const nlohmann::json comparison = json("result.json");
  EXPECT_EQ(comparison["pairs"], 3);
  const auto first = json("study/cells/0001/summary.json");
  const auto second = json("study/cells/0002/summary.json");
  EXPECT_EQ(first["seeds"], (std::vector<int>{4, 5, 6}));
  EXPECT_EQ(second["seeds"], (std::vector<int>{4, 5, 6}));
  EXPECT_EQ(second["epochs"], 0.5);
  EXPECT_NEAR(comparison["accuracy_difference"]["mean"].get<double>(),
              first["accuracy"]["mean"].get<double>() - second["accuracy"]["mean"].get<double>(), 1e-12);
  EXPECT_EQ(json("study/experiment.json")["kind"], "compare");
}

TEST_F(Compare, GoesOnInTheSameFolderWithoutRunningAgain) {
  ASSERT_EQ(compare("train.batch=30", "--runs 2 --out study --quiet").exit_code, 0);
  const std::string before = text("study/cells/0002/run-2/result.json");
  ASSERT_EQ(compare("train.batch=30", "--runs 3 --out study --quiet").exit_code, 0);
  EXPECT_EQ(text("study/cells/0002/run-2/result.json"), before);
  EXPECT_EQ(json("study/cells/0002/summary.json")["runs"], 3);
  EXPECT_EQ(json("study/experiment.json")["runs"], 3);
  EXPECT_EQ(compare("train.batch=40", "--runs 3 --out study --quiet").exit_code, 2);
}

TEST_F(Compare, GivesTheSameAfterKills) {
  folder.write("other.toml", std::string(kSmallRecipe) + "# other\n");
  const std::string runs = "compare small.toml other.toml --data pictures --set train.epochs=8 --runs 3 ";
  for (const int epochs : {2, 9, 14}) EXPECT_TRUE(killed_after(epochs, runs + "--out study"));
  done(runs + "--quiet --json after.json --out study");
  done(runs + "--quiet --json whole.json --out whole");
  EXPECT_EQ(json("after.json")["accuracy_difference"], json("whole.json")["accuracy_difference"]);
  EXPECT_EQ(json("after.json")["second"]["accuracy"], json("whole.json")["second"]["accuracy"]);
}

TEST_F(Compare, PairsFoldsWithTheirOwn) {
  for (const char* batch : {"30", "60"}) {
    done(std::string("train small.toml --data pictures --kfold 2 --quiet --set train.batch=") + batch +
         " --out " + batch);
  }
  done("compare 30 60 --json result.json");
  const auto first = json("30/summary.json")["accuracy"]["values"];
  const auto second = json("60/summary.json")["accuracy"]["values"];
  EXPECT_EQ(json("result.json")["pairs"], 2);
  EXPECT_NEAR(
      json("result.json")["accuracy_difference"]["mean"].get<double>(),
      (first[0].get<double>() + first[1].get<double>() - second[0].get<double>() - second[1].get<double>()) /
          2,
      1e-12);
}

TEST_F(Compare, SaysOfEachPairWhichRunFailed) {
  ASSERT_EQ(compare("train.batch=30", "--runs 3 --out study --quiet").exit_code, 0);
  nlohmann::json record = json("study/cells/0002/run-2/result.json");
  record["failed"] = true;
  record["failure"] = "the loss is nan";
  folder.write("study/cells/0002/run-2/result.json", record.dump());
  const test::ProcessResult result = compare("train.batch=30", "--runs 3 --out study");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(testing::ContainsRegex("pair 2 +A [0-9.]+ %, B failed"),
                                testing::ContainsRegex("pair 3 +A [0-9.]+ %, B [0-9.]+ %; A - B")));
}

TEST_F(Compare, FailsWhereNoRunOfOneSucceeded) {
  const test::ProcessResult result =
      compare("optimizer.filters.lr=1e30 optimizer.biases.lr=1e38", "--runs 2 --out study");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, AllOf(HasSubstr("pair 2 "), HasSubstr("no run succeeded")));
  EXPECT_THAT(result.err, HasSubstr("optimizer.biases.lr=1e38 succeeded"));
}

TEST_F(Compare, TakesSettingsOfTheDefaultRecipe) {
  place_pictures("large", {.side = 32, .train = 4, .test = 2});
  const std::string plan =
      done("compare train.batch=10 optimizer.filters.lr=0.1 --data large --dry-run --out study");
  EXPECT_THAT(plan,
              AllOf(HasSubstr("train.batch=10: 5 runs"), HasSubstr("optimizer.filters.lr=0.1: 5 runs")));
}

TEST_F(Compare, UntilStopsAtOnceDecided) {
  // A learning rate of almost nothing against one that learns.
  const test::ProcessResult result =
      compare("optimizer.filters.lr=1e-9 optimizer.biases.lr=1e-9",
              "--set train.epochs=10 --until p<0.05 --max-runs 30 --out study --json result.json");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("decided after"), HasSubstr("A is better"),
                                HasSubstr("mixture sequential t-test")));
  const int pairs = json("result.json")["pairs"];
  EXPECT_LT(pairs, 30);
  EXPECT_GE(pairs, 5);  // fewer cannot decide at 0.05, whatever they say
  EXPECT_EQ(json("study/experiment.json")["runs"], pairs);
}

TEST_F(Compare, UntilSaysThatNothingIsDecided) {
  const test::ProcessResult result = compare("", "--until p<0.01 --max-runs 2 --out study");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("not decided after 2 pairs"));
}

TEST_F(Compare, TakesFinishedRunDirectories) {
  done("train small.toml --data pictures --out a --runs 2 --quiet");
  done("train small.toml --data pictures --out b --runs 2 --quiet --set train.epochs=1");
  EXPECT_THAT(done("compare a b"), AllOf(HasSubstr("A  a: "), HasSubstr("2 pairs")));
  EXPECT_THAT(done("compare a a"), HasSubstr("no number of runs"));
  std::filesystem::rename(folder / "a", folder / "lr=0.1");
  EXPECT_THAT(done("compare lr=0.1 b"), HasSubstr("A  lr=0.1: "));
}

TEST_F(Compare, DryRunPlansAndMakesNothing) {
  const std::set<std::string> before = files();
  EXPECT_THAT(done("compare small.toml long.toml --data pictures --runs 7 --dry-run --out study"),
              AllOf(HasSubstr("7 runs of 6 steps"), HasSubstr("in all, into study")));
  EXPECT_EQ(files(), before);
}

TEST_F(Compare, RefusesWhatItCannotCompare) {
  const std::string both = "compare small.toml long.toml --data pictures --out study ";
  EXPECT_THAT(refusal("compare small.toml --data pictures"), HasSubstr("B is required"));
  EXPECT_THAT(refusal("compare small.toml nonsuch --data pictures"), HasSubstr("unknown recipe nonsuch"));
  EXPECT_THAT(refusal("compare small.toml pictures"), HasSubstr("two recipes or two run directories"));
  EXPECT_THAT(refusal("compare pictures pictures"), HasSubstr("no finished run directory"));
  done("train small.toml --data pictures --out a --quiet");
  done("train small.toml --data pictures --out b --quiet --holdout 0.5");
  EXPECT_THAT(refusal("compare a b"), AllOf(HasSubstr("cannot be compared"), HasSubstr("held-out")));
  EXPECT_THAT(refusal("compare a a --seed 3"), HasSubstr("--seed: is for recipes"));
  EXPECT_THAT(refusal(both + "--runs 1"), AllOf(HasSubstr("--runs"), HasSubstr("2 to")));
  EXPECT_THAT(refusal(both + "--until p<5"), HasSubstr("--until p<5"));
  EXPECT_THAT(refusal(both + "--until p<0.01 --runs 3"), HasSubstr("leave out --runs"));
  EXPECT_THAT(refusal(both + "--max-runs 3"), HasSubstr("--max-runs needs --until"));
  EXPECT_THAT(refusal(both + "--set train.epoch=3"), HasSubstr("train.epoch"));
}

}  // namespace
}  // namespace ftl::cli
