#include "optim/schedule.hpp"

#include <gtest/gtest.h>

namespace ftl::optim {
namespace {

constexpr TrainingLength kTenEpochs{.total_steps = 100, .steps_per_epoch = 10};
constexpr double kExact = 1e-12;

TEST(Schedule, LinearGoesFromOneToZero) {
  const ScheduleConfig config{.kind = ScheduleKind::linear};
  EXPECT_NEAR(schedule_factor(config, kTenEpochs, 0), 1, kExact);
  EXPECT_NEAR(schedule_factor(config, kTenEpochs, 25), 0.75, kExact);
  EXPECT_NEAR(schedule_factor(config, kTenEpochs, 99), 0.01, kExact);
}

TEST(Schedule, LinearUntilAnEpochThenStays) {
  const ScheduleConfig config{.kind = ScheduleKind::linear, .until = 3};
  EXPECT_NEAR(schedule_factor(config, kTenEpochs, 15), 0.5, kExact);
  EXPECT_NEAR(schedule_factor(config, kTenEpochs, 30), 0, kExact);
  EXPECT_NEAR(schedule_factor(config, kTenEpochs, 80), 0, kExact);
}

TEST(Schedule, UntilCountsFractionalEpochs) {
  const ScheduleConfig config{.kind = ScheduleKind::linear, .until = 0.5};
  const TrainingLength length{.total_steps = 26, .steps_per_epoch = 12.8};
  EXPECT_NEAR(schedule_factor(config, length, 3), 1 - 3 / 6.4, kExact);
  EXPECT_NEAR(schedule_factor(config, length, 7), 0, kExact);
}

TEST(Schedule, LinearWithWarmupRisesFallsAndStays) {
  const ScheduleConfig config{
      .kind = ScheduleKind::linear, .warmup = 0.2, .start = 0.1, .end = 0.135, .until = 8};
  EXPECT_NEAR(schedule_factor(config, kTenEpochs, 0), 0.1, kExact);
  EXPECT_NEAR(schedule_factor(config, kTenEpochs, 10), 0.55, kExact);
  EXPECT_NEAR(schedule_factor(config, kTenEpochs, 20), 1, kExact);
  EXPECT_NEAR(schedule_factor(config, kTenEpochs, 50), (1 + 0.135) / 2, kExact);
  EXPECT_NEAR(schedule_factor(config, kTenEpochs, 80), 0.135, kExact);
  EXPECT_NEAR(schedule_factor(config, kTenEpochs, 99), 0.135, kExact);
}

TEST(Schedule, CosineIsHalfwayInTheMiddleAndFlatAtItsEnds) {
  const ScheduleConfig config{.kind = ScheduleKind::cosine, .end = 0.2};
  EXPECT_NEAR(schedule_factor(config, kTenEpochs, 0), 1, kExact);
  EXPECT_NEAR(schedule_factor(config, kTenEpochs, 50), 0.6, kExact);
  EXPECT_NEAR(schedule_factor(config, kTenEpochs, 25), 0.2 + 0.8 * 0.8535533905932737, kExact);
}

TEST(Schedule, ConstantStaysAtOneAfterItsWarmup) {
  const ScheduleConfig config{.kind = ScheduleKind::constant, .warmup = 0.5};
  EXPECT_NEAR(schedule_factor(config, kTenEpochs, 25), 0.5, kExact);
  EXPECT_NEAR(schedule_factor(config, kTenEpochs, 99), 1, kExact);
}

}  // namespace
}  // namespace ftl::optim
