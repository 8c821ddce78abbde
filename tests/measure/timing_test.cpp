#include "measure/timing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace ftl::measure {
namespace {

TEST(Timing, IsTheMedianAndTheWidthOfTheMiddleHalf) {
  const Timing odd = describe({5, 1, 2, 100, 4});
  EXPECT_EQ(odd.seconds, 4);
  EXPECT_EQ(odd.spread, 5 - 2);
  EXPECT_EQ(odd.repetitions, 5);
  EXPECT_EQ(describe({1, 2}).seconds, 1.5);
  const Timing single = describe({3});
  EXPECT_EQ(single.seconds, 3);
  EXPECT_EQ(single.spread, 0);
}

TEST(Timing, TakesTurnsAndDoesNotTimeTheFirstRunOfEach) {
  std::string log;
  const auto contestant = [&](char name) {
    return Contestant{.run =
                          [&log, name] {
                            log += name;
                            std::this_thread::sleep_for(std::chrono::milliseconds(1));
                          },
                      .leave = [&log] { log += ' '; }};
  };
  // A run is much longer than its share: each turn times just one, and three turns must do.
  SpeedGauge gauge;
  const std::vector<Timing> timings = time_in_turns({contestant('a'), contestant('b')}, 1e-6, gauge);
  EXPECT_EQ(log, "aa bb aa bb aa bb ");
  ASSERT_EQ(timings.size(), 2U);
  for (const Timing& timing : timings) {
    EXPECT_EQ(timing.repetitions, 3);
    EXPECT_GE(timing.seconds, 1e-3);
  }
}

TEST(Timing, RepeatsWhatIsShort) {
  int runs = 0;
  SpeedGauge gauge;
  const std::vector<Timing> timings = time_in_turns({{.run = [&] { ++runs; }}}, 1e-3, gauge);
  EXPECT_GT(timings[0].repetitions, 5);
  EXPECT_EQ(runs, timings[0].repetitions + 5);
}

// Three turns of one timed run each, looked at before and after it, the second run longer than the others.
std::vector<Timing> times_with_speeds(std::vector<double> speeds, SpeedGauge& gauge) {
  std::size_t looks = 0;
  gauge = SpeedGauge([speeds = std::move(speeds), looks]() mutable { return speeds.at(looks++); });
  int runs = 0;  // the first of each turn is not timed
  const auto run = [&runs] { std::this_thread::sleep_for(std::chrono::milliseconds(++runs == 4 ? 30 : 1)); };
  return time_in_turns({{.run = run}}, 1e-6, gauge);
}

TEST(Timing, LeavesOutTurnsBesideWhichTheMachineWasSlow) {
  SpeedGauge gauge;
  for (const std::vector<double>& speeds :
       {std::vector<double>{9, 10, 10, 4, 9.5, 9}, std::vector<double>{9, 10, 4, 10, 9.5, 9}}) {
    const std::vector<Timing> timings = times_with_speeds(speeds, gauge);
    EXPECT_EQ(timings[0].repetitions, 2);
    EXPECT_EQ(timings[0].disturbed, 1);
    EXPECT_LT(timings[0].seconds, 0.015);
    EXPECT_EQ(gauge.typical(), 9.5);
  }
}

TEST(Timing, CountsAllRunsWhereTheMachineWasNeverFastBeforeAndAfter) {
  SpeedGauge gauge;
  const std::vector<Timing> timings = times_with_speeds({10, 4, 4, 10, 10, 4}, gauge);
  EXPECT_EQ(timings[0].repetitions, 3);
  EXPECT_EQ(timings[0].disturbed, 3);
}

}  // namespace
}  // namespace ftl::measure
