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

TEST_F(Scale, BudgetTakesTheStudysLaw) {
  done(std::string(kStudy) + "--quiet");
  const std::string budget =
      "budget small.toml --data pictures --seconds 1 --out best --json budget.json --scale study ";
  EXPECT_THAT(done(budget), AllOf(HasSubstr("chosen"), HasSubstr("expected"), HasSubstr("actual")));
  const nlohmann::json result = json("budget.json");
  EXPECT_TRUE(result["expected"]["accuracy"].is_number());
  EXPECT_EQ(result["actual"]["accuracy"], json("best/summary.json")["accuracy"]["mean"]);
  const nlohmann::json choice = json("best/budget.json");
  const nlohmann::json best = choice["candidates"][choice["chosen"].get<std::size_t>()];
  EXPECT_EQ(best["width"], result["width"]);
  for (const nlohmann::json& candidate : choice["candidates"]) {
    EXPECT_LE(candidate["accuracy"].get<double>(), best["accuracy"].get<double>());
  }
  // In whole steps, two an epoch.
  EXPECT_NEAR(result["epochs"].get<double>(), json("best/summary.json")["epochs"].get<double>(), 0.5);
}

TEST_F(Scale, ABudgetGoesOnWithWhatItChose) {
  const std::string budget = "budget small.toml --data pictures --set train.batch=10 --out best --seconds ";
  const test::ProcessResult interrupted = ftl(budget + "1", {.interrupt_at = "runs in"});
  EXPECT_EQ(interrupted.exit_code, 1);
  EXPECT_EQ(interrupted.err, "ftl: interrupted; the same command with --out best goes on\n");
  const nlohmann::json chosen = json("best/budget.json");
  EXPECT_THAT(done(budget + "1"), HasSubstr("actual"));
  EXPECT_EQ(json("best/budget.json"), chosen);
  const double epochs = chosen["candidates"][chosen["chosen"].get<std::size_t>()]["epochs"];
  EXPECT_NEAR(json("best/summary.json")["epochs"].get<double>(), epochs, 0.1);
  EXPECT_THAT(refusal(budget + "2"), AllOf(HasSubstr("best"), HasSubstr("another budget")));
}

TEST_F(Scale, BudgetWithoutAStudyFollowsTheDefaultRule) {
  const std::string budget = "budget small.toml --data pictures --json budget.json --dry-run --seconds ";
  done(budget + "1000");
  EXPECT_EQ(json("budget.json")["width"], 2.0);  // everything fits
  EXPECT_GE(json("budget.json")["epochs"], 3.0);
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
