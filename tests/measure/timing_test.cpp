#include "measure/timing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
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

// A clock that stands still but for what a test adds.
class Timed : public testing::Test {
 protected:
  std::vector<Timing> time(const std::vector<Contestant>& contestants, double seconds_each) {
    return time_in_turns(contestants, seconds_each, gauge, [this] { return now; });
  }

  double now = 100;
  SpeedGauge gauge;
};

TEST_F(Timed, TakesTurnsAndDoesNotTimeTheFirstRunOfEach) {
  std::string log;
  const auto contestant = [&](char name) {
    return Contestant{.run =
                          [&log, this, name] {
                            log += name;
                            now += log.size() < 2 || log[log.size() - 2] != name ? 7 : 1;
                          },
                      .leave = [&log] { log += ' '; }};
  };
  // A run is much longer than its share: each turn times just one, and three turns must do.
  const std::vector<Timing> timings = time({contestant('a'), contestant('b')}, 0.5);
  EXPECT_EQ(log, "aa bb aa bb aa bb ");
  ASSERT_EQ(timings.size(), 2U);
  for (const Timing& timing : timings) {
    EXPECT_EQ(timing.repetitions, 3);
    EXPECT_EQ(timing.seconds, 1);
  }
}

TEST_F(Timed, RepeatsWhatIsShort) {
  int runs = 0;
  const auto run = [&] {
    ++runs;
    now += 0.25;
  };
  const std::vector<Timing> timings = time({{.run = run}}, 10);
  EXPECT_EQ(timings[0].repetitions, 5 * 8);
  EXPECT_EQ(timings[0].seconds, 0.25);
  EXPECT_EQ(runs, timings[0].repetitions + 5);
}

// Three turns of one timed run each, looked at before and after it, the second run longer than the others.
class DisturbedTimings : public Timed {
 protected:
  Timing time_with_speeds(std::vector<double> speeds) {
    gauge = SpeedGauge([speeds = std::move(speeds), looks = 0U]() mutable { return speeds.at(looks++); });
    int runs = 0;  // the first of each turn is not timed
    const auto run = [this, &runs] { now += ++runs == 4 ? 30 : 1; };
    return time({{.run = run}}, 0.1).at(0);
  }
};

TEST_F(DisturbedTimings, LeaveOutTurnsBesideWhichTheMachineWasSlow) {
  for (const std::vector<double>& speeds :
       {std::vector<double>{9, 10, 10, 4, 9.5, 9}, std::vector<double>{9, 10, 4, 10, 9.5, 9}}) {
    const Timing timing = time_with_speeds(speeds);
    EXPECT_EQ(timing.repetitions, 2);
    EXPECT_EQ(timing.disturbed, 1);
    EXPECT_EQ(timing.seconds, 1);
    EXPECT_EQ(gauge.typical(), 9.5);
  }
}

TEST_F(DisturbedTimings, CountAllRunsWhereTheMachineWasNeverFastBeforeAndAfter) {
  const Timing timing = time_with_speeds({10, 4, 4, 10, 10, 4});
  EXPECT_EQ(timing.repetitions, 3);
  EXPECT_EQ(timing.disturbed, 3);
}

}  // namespace
}  // namespace ftl::measure
