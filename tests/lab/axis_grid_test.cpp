#include "lab/axis_grid.hpp"

#include <gmock/gmock.h>

#include <cmath>

namespace ftl::lab {
namespace {

using testing::ElementsAre;

// Two by two by two cells; the figure of a cell is 4 a + 2 b + c.
class AxisGrids : public ::testing::Test {
 protected:
  AxisGrids() {
    for (const char* name : {"a", "b", "c"})
      plan.axes.push_back({.key = name, .label = name, .values = {"0", "1"}});
    for (int cell = 0; cell < 8; ++cell) {
      plan.cells.push_back({.name = "", .folder = "", .coordinates = {cell / 4, cell / 2 % 2, cell % 2}});
      figures.push_back(cell);
    }
  }
  ExperimentDescription plan;
  std::vector<double> figures;
};

TEST_F(AxisGrids, TakeEveryTwoAxes) {
  const std::vector<AxisPair> pairs = axis_pairs(plan.axes);
  ASSERT_EQ(pairs.size(), 3u);
  EXPECT_EQ(pairs[1].down, 0u);
  EXPECT_EQ(pairs[1].across, 2u);
  plan.axes[1].values.clear();  // drawn at random
  EXPECT_EQ(axis_pairs(plan.axes).size(), 1u);
}

TEST_F(AxisGrids, ShowTheBestOrTheMeanOverOtherAxes) {
  EXPECT_THAT(on_grid({plan, {0, 2}, figures, OfOthers::highest}),
              ElementsAre(ElementsAre(2, 3), ElementsAre(6, 7)));
  EXPECT_THAT(on_grid({plan, {0, 2}, figures, OfOthers::mean}),
              ElementsAre(ElementsAre(1, 2), ElementsAre(5, 6)));
  EXPECT_EQ(grid_title("accuracy", {plan, {0, 2}, figures, OfOthers::highest}),
            "accuracy by a (rows) and c (columns), the best over b");
}

TEST_F(AxisGrids, LeaveOutCellsWithoutAFigure) {
  figures[2] = NAN;
  figures[4] = figures[6] = NAN;
  const auto grid = on_grid({plan, {0, 2}, figures, OfOthers::highest});
  EXPECT_EQ(grid[0][0], 0);
  EXPECT_TRUE(std::isnan(grid[1][0]));
}

}  // namespace
}  // namespace ftl::lab
