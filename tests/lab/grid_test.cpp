#include "lab/grid.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"

namespace ftl::lab {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Grid, ListsValuesAsTheyAreWritten) {
  const Grid grid = parse_grid("augment.flip=none,random");
  EXPECT_EQ(grid.name, "augment.flip");
  EXPECT_THAT(grid.values, ElementsAre("none", "random"));
}

TEST(Grid, KeepsArraysAndStringsWhole) {
  EXPECT_THAT(parse_grid("train.resolution=[],[{size=24,until=3}]").values,
              ElementsAre("[]", "[{size=24,until=3}]"));
  EXPECT_THAT(parse_grid(R"(name="a,b",c)").values, ElementsAre(R"("a,b")", "c"));
}

TEST(Grid, SpreadsARange) {
  EXPECT_THAT(spread(parse_grid("a=1..4:linear:4").range), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(spread(parse_grid("a=0.5..8:log:5").range),
              ElementsAre(0.5, DoubleNear(1, 1e-12), DoubleNear(2, 1e-12), DoubleNear(4, 1e-12), 8));
  EXPECT_THAT(spread(parse_grid("a=1e-3..1:log:1").range), ElementsAre(1e-3));
}

TEST(Grid, TakesARangeToDrawFrom) {
  const Grid grid = parse_grid("lr=0.01..1:log");
  EXPECT_EQ(grid.range.count, 0);
  EXPECT_TRUE(grid.range.logarithmic);
  EXPECT_NEAR(at_share(grid.range, 0.5), 0.1, 1e-12);
}

struct BadGrid {
  const char* text;
  const char* problem;
};

class Refused : public testing::TestWithParam<BadGrid> {};

TEST_P(Refused, SaysWhatIsWrong) {
  try {
    parse_grid(GetParam().text);
    FAIL() << "accepted";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr(GetParam().text));
    EXPECT_THAT(error.what(), HasSubstr(GetParam().problem));
    EXPECT_THAT(error.what(), testing::Not(HasSubstr("\n")));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Grids, Refused,
    testing::Values(BadGrid{"batch", "KEY=SPEC"}, BadGrid{"=1,2", "KEY=SPEC"}, BadGrid{"batch=", "empty"},
                    BadGrid{"batch=1,,2", "empty"}, BadGrid{"batch=1,2,1", "twice"},
                    BadGrid{"lr=2..2:linear:3", "empty"}, BadGrid{"lr=8..0.5:log:3", "descends"},
                    BadGrid{"lr=0..1:log:3", "above 0"}, BadGrid{"lr=-1..1:log:3", "above 0"},
                    BadGrid{"lr=a..1:log:3", "number"}, BadGrid{"lr=..:log:3", "number"},
                    BadGrid{"lr=1..2:cubic:3", "linear or log"}, BadGrid{"lr=1..2:log:0", "integer from 1"},
                    BadGrid{"lr=1..2:log:3:4", "integer from 1"}));

}  // namespace
}  // namespace ftl::lab
