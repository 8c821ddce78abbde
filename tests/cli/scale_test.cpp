// ftl scale and ftl budget from the outside.
#include "cli/program.hpp"

namespace ftl::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::SizeIs;

class Scale : public ProgramTest {
 protected:
  Scale() { place_pictures(); }

  static constexpr const char* kStudy =
      "scale small.toml --data pictures --width 0.5,1 --epochs 1,2,4 --runs 1 --out study ";
};

TEST_F(Scale, TriesEveryWidthWithEveryLength) {
  EXPECT_THAT(done(std::string(kStudy) + "--json study.json"), HasSubstr("best so far"));
  EXPECT_THAT(json("study.json")["cells"], SizeIs(6));
  EXPECT_EQ(json("study.json")["cells"][0]["flop"], json("study/cells/0001/summary.json")["flop_per_run"]);
  EXPECT_TRUE(json("study.json").contains("law"));
  EXPECT_EQ(json("study/experiment.json")["kind"], "scale");
  EXPECT_THAT(text("study/cells/0001/recipe.toml"),
              AllOf(HasSubstr("width = 0.5\n"), HasSubstr("epochs = 1\n")));
  EXPECT_THAT(text("study/cells/0006/recipe.toml"), HasSubstr("epochs = 4\n"));
  const double narrow = json("study/cells/0001/summary.json")["flop_per_run"];
  EXPECT_NEAR(json("study/cells/0003/summary.json")["flop_per_run"].get<double>(), 4 * narrow, 1e-6 * narrow);
  EXPECT_THAT(text("study/results.csv"), HasSubstr("width"));
}

// Enough seconds for any machine: what it chooses depends on its speed.
TEST_F(Scale, BudgetTakesTheStudysLaw) {
  done(std::string(kStudy) + "--quiet");
  const std::string budget = "budget small.toml --data pictures --seconds 1000 --dry-run --json budget.json ";
  EXPECT_THAT(done(budget + "--scale study"),
              AllOf(HasSubstr("possible  width 0.5"), HasSubstr("the best by the laws of study")));
  EXPECT_TRUE(json("budget.json")["expected"]["accuracy"].is_number());
}

TEST_F(Scale, ABudgetGoesOnWithWhatItChose) {
  const std::string budget = "budget small.toml --data pictures --set train.batch=10 --out best --seconds ";
  EXPECT_EQ(ftl(budget + "1000", {.signal = {SIGKILL, "training_state.safetensors"}}).exit_code, -1);
  // As a machine would choose it that just reaches for 4 epochs.
  nlohmann::ordered_json chosen = nlohmann::ordered_json::parse(text("best/budget.json"));
  chosen["candidates"][chosen["chosen"].get<std::size_t>()]["epochs"] = 4;
  for (nlohmann::ordered_json& setting : chosen["settings"]) {
    if (setting.get<std::string>().starts_with("train.epochs=")) setting = "train.epochs=4";
  }
  std::filesystem::remove_all(folder / "best");
  folder.write("best/budget.json", chosen.dump());

  const test::ProcessResult interrupted =
      ftl(budget + "1000", {.signal = {SIGINT, "training_state.safetensors"}});
  EXPECT_EQ(interrupted.exit_code, 1);
  EXPECT_EQ(interrupted.err, "ftl: interrupted; the same command with --out best goes on\n");
  EXPECT_THAT(done(budget + "1000 --json budget.json"),
              AllOf(HasSubstr("chosen"), HasSubstr("expected"), HasSubstr("actual")));
  EXPECT_EQ(nlohmann::ordered_json::parse(text("best/budget.json")), chosen);
  EXPECT_EQ(json("best/summary.json")["epochs"], 4.0);
  EXPECT_EQ(json("budget.json")["actual"]["accuracy"], json("best/summary.json")["accuracy"]["mean"]);
  EXPECT_THAT(refusal(budget + "2"), AllOf(HasSubstr("best"), HasSubstr("another budget")));
}

TEST_F(Scale, BudgetWithoutAStudyFollowsTheDefaultRule) {
  const std::string budget = "budget small.toml --data pictures --json budget.json --dry-run --seconds ";
  EXPECT_THAT(done(budget + "1000"), HasSubstr("the widest that fits the recipe's own epochs"));
  EXPECT_TRUE(json("budget.json")["expected"]["accuracy"].is_null());
  EXPECT_FALSE(json("budget.json").contains("actual"));
  EXPECT_FALSE(std::filesystem::exists(folder / "runs"));
}

TEST_F(Scale, RefusesWhatMakesNoStudy) {
  EXPECT_THAT(refusal("scale small.toml --data pictures --out study --width wide"),
              AllOf(HasSubstr("--width wide"), HasSubstr("0.5,1,2")));
  EXPECT_THAT(refusal("scale small.toml --data pictures --out study --epochs 1,,2"), HasSubstr("--epochs"));
  EXPECT_THAT(refusal("scale small.toml --data pictures --out study --epochs 0"), HasSubstr("train.epochs"));
  EXPECT_THAT(refusal("scale small.toml --data pictures --out study --width 1,1.0"), HasSubstr("1.0 twice"));
  EXPECT_THAT(refusal("scale small.toml --data pictures --out study --set train.epochs=2"),
              AllOf(HasSubstr("--set train.epochs=2"), HasSubstr("--epochs says")));
}

TEST_F(Scale, RefusesABudgetThatCannotBe) {
  const std::string budget = "budget small.toml --data pictures --out best ";
  EXPECT_THAT(refusal(budget), HasSubstr("--seconds is required"));
  EXPECT_THAT(refusal(budget + "--seconds 0"), HasSubstr("--seconds"));
  EXPECT_THAT(refusal(budget + "--seconds 1e-9"), HasSubstr("too few for a tenth of an epoch"));
  EXPECT_THAT(refusal(budget + "--seconds 1 --scale pictures"), HasSubstr("pictures: holds no experiment"));
}

}  // namespace
}  // namespace ftl::cli
