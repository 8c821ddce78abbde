#include "cli/experiment_table.hpp"

#include <gmock/gmock.h>

namespace ftl::cli {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

lab::CellResult cell(const std::string& name, double accuracy, double seconds) {
  lab::CellResult result;
  result.cell.name = name;
  result.figures.accuracy = lab::describe(std::vector{accuracy - 0.01, accuracy + 0.01});
  result.figures.train_seconds = lab::describe(std::vector{seconds, seconds});
  return result;
}

lab::CellResult compared(const std::string& name, double accuracy, double seconds) {
  lab::CellResult result = cell(name, 0.9 + accuracy, 10 + seconds);
  result.difference = {{.mean = accuracy, .ci95 = 0.005}, {.mean = seconds, .ci95 = 0.5}};
  return result;
}

TEST(AblationTable, SaysWhatATrickIsWorthByWhatGoesWithIt) {
  const std::string table = ablation_table({cell("whole", 0.9, 10), compared("flips", -0.02, -3)}, false);
  EXPECT_THAT(table, ContainsRegex("whole +90\\.00 % ± 1\\.41\n"));
  EXPECT_THAT(table, ContainsRegex("flips +88\\.00 % ± 1\\.41 +\\+2\\.00 ± 0\\.50 +\\+3\\.00 ± 0\\.50\n"));
}

TEST(AblationTable, SaysWhatAnAddedTrickBrings) {
  const std::string table = ablation_table({cell("none", 0.9, 10), compared("flips", 0.02, 3)}, true);
  EXPECT_THAT(table, ContainsRegex("flips +92\\.00 % ± 1\\.41 +\\+2\\.00 ± 0\\.50 +\\+3\\.00 ± 0\\.50\n"));
}

TEST(CellTable, MarksTheMostAccurateCell) {
  const std::string table = cell_table({cell("a", 0.9, 10), cell("b", 0.95, 20), cell("c", 0.8, 5)});
  EXPECT_THAT(table, HasSubstr("\n* b "));
  EXPECT_THAT(table, HasSubstr("\n  a "));
}

TEST(HeatMaps, ShowEachCellAtItsPlaceAndMarkTheBest) {
  lab::ExperimentDescription plan;
  plan.axes = {{.key = "a", .label = "batch", .values = {"1", "2"}},
               {.key = "b", .label = "lr", .values = {"3", "4"}}};
  std::vector<lab::CellResult> results;
  for (int i = 0; i < 4; ++i) {
    plan.cells.push_back({.name = "", .folder = "", .coordinates = {i / 2, i % 2}});
    results.push_back(cell("", 0.5 + 0.1 * i, 10 - i));
  }
  EXPECT_EQ(heat_maps(plan, results),
            "\naccuracy in percent by batch (rows) and lr (columns)\n"
            "                   3         4\n"
            "         1   50.00     60.00 ░\n"
            "         2   70.00 ▓   80.00*█\n"
            "\ntraining seconds by batch (rows) and lr (columns)\n"
            "                   3         4\n"
            "         1   10.00 █    9.00 ▓\n"
            "         2    8.00 ░    7.00* \n");
}

}  // namespace
}  // namespace ftl::cli
