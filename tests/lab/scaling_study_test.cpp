#include "lab/scaling_study.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "lab/report_folders.hpp"

namespace ftl::lab {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string refusal(const std::filesystem::path& folder, const std::string& recipe) {
  try {
    load_scaling_study(folder, recipe);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(ScalingStudy, PutsPointsInTheOrderOfTheirComputeAndMarksTheBestSoFar) {
  const test::TemporaryFolder folder;
  report::write_scaling_study(folder.path(), {0.3, 0.2, 0.25, 0.1});
  const std::vector<ScalePoint> points = load_scaling_study(folder.path(), "airbench94");
  ASSERT_EQ(points.size(), 4u);
  std::vector<bool> best;
  for (const ScalePoint& point : points) best.push_back(point.best);
  EXPECT_TRUE(std::ranges::is_sorted(points, {}, &ScalePoint::flop));
  EXPECT_EQ(best, (std::vector{true, true, false, true}));
  EXPECT_EQ(points[2].width, 1);
  EXPECT_EQ(points[2].epochs, 2);
  EXPECT_EQ(law_of_best(points)->points, 3);
  EXPECT_FALSE(law_of_width(points, 1)) << "two lengths give no law";
}

TEST(ScalingStudy, WritesItsLaw) {
  const test::TemporaryFolder folder;
  report::write_scaling_study(folder.path());
  const ExperimentDescription plan = load_experiment(folder.path());
  const auto json = nlohmann::json::parse(study_json(folder.path(), plan, load_results(folder.path(), plan)));
  EXPECT_NEAR(json["law"]["exponent"].get<double>(), 0.5, 0.01);
  EXPECT_EQ(json["law"]["points"], 4);
  EXPECT_EQ(json["cells"][3]["flop"], 64e12);
}

TEST(ScalingStudy, IsTakenOnlyWhenItIsDoneAndOfTheRecipe) {
  const test::TemporaryFolder folder;
  report::write_sweep(folder / "sweep");
  report::write_scaling_study(folder / "study");
  EXPECT_THAT(refusal(folder / "sweep", "airbench94"), HasSubstr("of ftl sweep, not of ftl scale"));
  EXPECT_THAT(refusal(folder / "study", "resnet18"), HasSubstr("of airbench94, not of resnet18"));
  std::filesystem::remove(folder / "study/cells/0004/summary.json");
  EXPECT_THAT(refusal(folder / "study", "airbench94"), AllOf(HasSubstr("3 of 4 cells"), HasSubstr("--out")));
}

}  // namespace
}  // namespace ftl::lab
