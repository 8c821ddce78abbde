// What a thread pool's threads are recorded to do.
#include "base/activity_recorder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/thread_pool.hpp"

namespace ftl {
namespace {

constexpr Activity kBaking = 1;
constexpr Activity kTasting = 2;
constexpr Activity kTask = 100;  // and the following

std::int64_t total(const std::vector<Span>& spans) {
  std::int64_t sum = 0;
  for (const Span& span : spans) sum += span.end - span.begin;
  return sum;
}

std::vector<Activity> activities(const std::vector<Span>& spans) {
  std::vector<Activity> list;
  for (const Span& span : spans) list.push_back(span.activity);
  return list;
}

// Until the clock has moved on, so that a span has a length.
void pass_time() {
  const auto start = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() == start) {
  }
}

void expect_unbroken(const std::vector<Span>& spans) {
  for (std::size_t i = 0; i < spans.size(); ++i) {
    EXPECT_LT(spans[i].begin, spans[i].end);
    if (i > 0) {
      EXPECT_EQ(spans[i].begin, spans[i - 1].end);
    }
  }
}

TEST(ActivityRecorder, RecordsBetweenStartAndStopOnly) {
  ActivityRecorder recorder(1, 0);
  EXPECT_TRUE(recorder.spans(0).empty());
  for (const Activity activity : {kBaking, kTasting}) {
    recorder.start();
    recorder.begin(0, activity);
    pass_time();
    recorder.stop();
    pass_time();
  }
  std::vector<Span> named = recorder.spans(0);
  std::erase_if(named, [](const Span& span) { return span.activity == kUnnamed; });
  ASSERT_THAT(activities(named), testing::ElementsAre(kBaking, kTasting));
  EXPECT_LT(named[0].end, named[1].begin);
}

TEST(ActivityRecorder, NestsScopes) {
  ThreadPool pool(1);
  ActivityRecorder recorder(1, 0);
  {
    const RecordingScope recording(pool, recorder);
    const ActivityScope baking(pool, kBaking);
    pass_time();
    {
      const ActivityScope tasting(pool, kTasting);
      pass_time();
    }
    pass_time();
  }
  std::vector<Activity> named = activities(recorder.spans(0));
  std::erase(named, kUnnamed);
  EXPECT_THAT(named, testing::ElementsAre(kBaking, kTasting, kBaking));
  EXPECT_EQ(pool.recorder(), nullptr);
}

TEST(ActivityRecorder, AScopeDoesNothingWhereNothingIsRecorded) {
  ThreadPool pool(2);
  const ActivityScope baking(pool, kBaking);
  EXPECT_EQ(pool.recorder(), nullptr);
}

class RecordedPool : public testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(Threads, RecordedPool, testing::Values(1, 2, 5),
                         [](const auto& test) { return std::to_string(test.param); });

// Spans and waiting are all of the time of all threads, on the recorder's own clock.
TEST_P(RecordedPool, LeavesNoTimeOfAnyThreadOut) {
  ThreadPool pool(GetParam());
  ActivityRecorder recorder(GetParam(), 8);
  {
    const RecordingScope recording(pool, recorder);
    for (int round = 0; round < 20; ++round) {
      const ActivityScope baking(pool, kBaking);
      pool.parallel_for(7, [&](std::int64_t item, int thread) {
        recorder.begin(thread, kTask + item);
        pass_time();
      });
      pass_time();
    }
  }
  std::set<Activity> seen;
  const std::int64_t wall = total(recorder.spans(0));
  EXPECT_GT(wall, 0);
  for (int thread = 0; thread < GetParam(); ++thread) {
    const std::vector<Span> spans = recorder.spans(thread);
    expect_unbroken(spans);
    EXPECT_EQ(total(spans), wall) << "thread " << thread;
    EXPECT_EQ(spans.front().begin, recorder.spans(0).front().begin);
    for (const Span& span : spans) seen.insert(span.activity);
  }
  for (Activity item = 0; item < 7; ++item) EXPECT_TRUE(seen.contains(kTask + item)) << item;
  EXPECT_TRUE(seen.contains(kBaking)) << "thread 0 goes back to what it did before";
}

TEST_P(RecordedPool, WorkersDoWhatTheCallerDid) {
  ThreadPool pool(GetParam());
  ActivityRecorder recorder(GetParam(), 8);
  std::vector<Activity> doing(100, kUnnamed);
  {
    const RecordingScope recording(pool, recorder);
    const ActivityScope baking(pool, kBaking);
    pool.parallel_for(100, [&](std::int64_t item, int thread) {
      doing[static_cast<std::size_t>(item)] = recorder.current(thread);
    });
  }
  EXPECT_THAT(doing, testing::Each(kBaking));
  for (int thread = 1; thread < GetParam(); ++thread) {
    EXPECT_THAT(activities(recorder.spans(thread)), testing::Each(testing::AnyOf(kBaking, kWaiting)));
  }
}

}  // namespace
}  // namespace ftl
