// ftl report: the page, the tables and what it refuses, on runs that ftl train made.
#include <fmt/format.h>

#include "cli/program.hpp"

namespace ftl::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ReportCommand : public ProgramTest {
 protected:
  ReportCommand() {
    place_pictures();
    done("train small.toml --data pictures --runs 2 --quiet --out runs/a");
  }
};

TEST_F(ReportCommand, WritesAPageWithTheMistakesWhereTheDataIsNamed) {
  EXPECT_THAT(done("report runs/a"), AllOf(HasSubstr("report.html: 1 run,"), HasSubstr("--data pictures")));
  const std::string page = text("report.html");
  EXPECT_THAT(page, AllOf(HasSubstr("<!DOCTYPE html>"), Not(HasSubstr("\"confusion\":[["))));
  done("report runs/a --data pictures --out with.html");
  EXPECT_THAT(text("with.html"), HasSubstr("\"confusion\":[["));
}

TEST_F(ReportCommand, FindsTheSyntheticSetAgain) {
  done("train small.toml --data synthetic --set train.epochs=0.1 --quiet --out runs/s");
  EXPECT_THAT(done("report runs/s --text"), HasSubstr("what they were taken for"));
}

TEST_F(ReportCommand, FindsTheDefaultDataAgainAndSaysHowToNameOther) {
  const test::ProcessOptions slashed{.environment = {{"FTL_DATA", (folder / "pictures").string() + "/"}}};
  EXPECT_THAT(done("report runs/a --text", slashed), HasSubstr("what they were taken for"));
  place_pictures("others");
  done("train small.toml --data pictures --test-data others --set train.epochs=1 --quiet --out runs/o");
  EXPECT_THAT(done("report runs/o"), HasSubstr("ftl report --data pictures --test-data others\n"));
}

TEST_F(ReportCommand, DoesNotTakePicturesOfAnotherSizeForTheData) {
  done("train small.toml --data synthetic --size 16 --set train.epochs=0.1 --quiet --out runs/s");
  EXPECT_THAT(done("report runs/s"), HasSubstr("ftl report --data synthetic --size 16\n"));
  EXPECT_THAT(done("report runs/s --data synthetic --size 16 --text"), HasSubstr("what they were taken for"));
}

TEST_F(ReportCommand, PrintsAndExportsTheSameFigures) {
  const nlohmann::json summary = json("runs/a/summary.json");
  const std::string accuracy = fmt::format("{:.2f} %", 100 * summary["accuracy"]["mean"].get<double>());
  const std::string out = done("report runs/a --text --csv tables --data pictures");
  EXPECT_THAT(out, AllOf(HasSubstr(accuracy), HasSubstr("Epochs"), HasSubstr("red")));
  EXPECT_FALSE(std::filesystem::exists(folder / "report.html"));
  EXPECT_THAT(text("tables/runs.csv"),
              AllOf(HasSubstr("run,recipe,dataset,"),
                    HasSubstr(fmt::format(",2,{},", summary["accuracy"]["mean"].get<double>()))));
  EXPECT_EQ(std::ranges::count(text("tables/epochs.csv"), '\n'), 4);
  EXPECT_EQ(std::ranges::count(text("tables/confusion.csv"), '\n'), 4);
}

TEST_F(ReportCommand, ShowsForgettingWhereARunHasMeasuredIt) {
  done("train small.toml --data pictures --forgetting --quiet --out runs/f");
  const std::string out = done("report runs/a runs/f --text --csv tables");
  EXPECT_THAT(out, AllOf(HasSubstr("never (test)"), HasSubstr("oldest loss")));
  const std::string csv = text("tables/forgetting.csv");
  EXPECT_THAT(csv, testing::StartsWith(
                       "run,epoch,epochs_ago_from,epochs_ago_to,pictures,loss,accuracy\r\nf,1,0,0.1,12,"));
  EXPECT_EQ(std::ranges::count(csv, '\n'), 1 + 3 * 11);
  EXPECT_EQ(std::ranges::count(text("tables/forgetting-by-class.csv"), '\n'), 4);
  done("report runs/a --text --csv without");
  EXPECT_FALSE(std::filesystem::exists(folder / "without/forgetting.csv"));
}

TEST_F(ReportCommand, ExportsForDawnbench) {
  done("report runs/a --dawnbench run.tsv");
  EXPECT_THAT(text("run.tsv"), testing::StartsWith("epoch\thours\ttop1Accuracy\n1\t"));
  EXPECT_THAT(refusal("report runs/a --dawnbench run.tsv --data pictures"),
              AllOf(HasSubstr("--dawnbench"), HasSubstr("--data")));
  EXPECT_THAT(refusal("report runs/a runs/a --dawnbench two.tsv"),
              HasSubstr("takes one finished run directory"));
}

TEST_F(ReportCommand, RefusesWhatIsNoRun) {
  std::filesystem::create_directory(folder / "empty");
  EXPECT_THAT(refusal("report empty"), AllOf(HasSubstr("empty"), HasSubstr("neither a run")));
  EXPECT_THAT(refusal("report runs/a none"), HasSubstr("none: there is no such folder"));
  EXPECT_THAT(refusal("report runs/a --out nowhere/report.html"), HasSubstr("nowhere"));
  EXPECT_THAT(refusal("report runs/a --data none.tar"), HasSubstr("none.tar"));
  place_pictures("others", {.classes = {"cyan", "pink"}});
  EXPECT_THAT(refusal("report runs/a --data others"), HasSubstr("other classes"));
}

}  // namespace
}  // namespace ftl::cli
