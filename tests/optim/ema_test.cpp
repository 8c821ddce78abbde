#include "optim/ema.hpp"

#include <gmock/gmock.h>

#include <vector>

namespace ftl::optim {
namespace {

using testing::ElementsAre;

TEST(UpdateAverage, MovesTowardsTheValues) {
  std::vector<float> average{1, 2};
  update_average(average, std::vector<float>{5, -2}, 0.75);
  EXPECT_THAT(average, ElementsAre(2, 1));
  update_average(average, std::vector<float>{5, -2}, 0.5);
  EXPECT_THAT(average, ElementsAre(3.5f, -0.5f));
}

}  // namespace
}  // namespace ftl::optim
