#include "optim/ema.hpp"

#include <gmock/gmock.h>

namespace ftl::optim {
namespace {

using testing::ElementsAre;

TEST(WeightAverage, MovesTowardsTheWeights) {
  std::vector<float> first{1, 2}, second{8};
  const std::vector<std::span<float>> weights{first, second};
  WeightAverage average(weights);
  first = {5, -2};
  second = {0};
  average.update(weights, 0.75);
  EXPECT_THAT(average.average(0), ElementsAre(2, 1));
  EXPECT_THAT(average.average(1), ElementsAre(6));
  average.update(weights, 0.5);
  EXPECT_THAT(average.average(0), ElementsAre(3.5f, -0.5f));
  EXPECT_THAT(average.average(1), ElementsAre(3));
}

}  // namespace
}  // namespace ftl::optim
