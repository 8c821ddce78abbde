#include "base/thread_pool.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <stdexcept>

#include "base/error.hpp"

namespace ftl {
namespace {

class ThreadPoolOf : public testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(Threads, ThreadPoolOf, testing::Values(1, 2, 3, 8),
                         [](const auto& test) { return std::to_string(test.param); });

TEST_P(ThreadPoolOf, HasThatManyThreads) {
  EXPECT_EQ(ThreadPool(GetParam()).threads(), GetParam());
}

TEST_P(ThreadPoolOf, RunsEachItemExactlyOnce) {
  ThreadPool pool(GetParam());
  for (const std::int64_t items : {0, 1, 2, 7, 8, 9, 1000}) {
    std::vector<std::atomic<int>> runs(static_cast<std::size_t>(items));
    pool.parallel_for(items, [&](std::int64_t item, int thread) {
      ASSERT_GE(thread, 0);
      ASSERT_LT(thread, pool.threads());
      runs[static_cast<std::size_t>(item)].fetch_add(1);
    });
    for (const auto& count : runs) ASSERT_EQ(count.load(), 1) << items << " items";
  }
}

TEST_P(ThreadPoolOf, NeverRunsTwoItemsOfOneThreadAtOnce) {
  ThreadPool pool(GetParam());
  std::vector<std::int64_t> sums(static_cast<std::size_t>(GetParam()));  // unguarded: one slot a thread
  pool.parallel_for(10'000,
                    [&](std::int64_t item, int thread) { sums[static_cast<std::size_t>(thread)] += item; });
  EXPECT_EQ(std::accumulate(sums.begin(), sums.end(), std::int64_t{0}), 10'000 * 9'999 / 2);
}

TEST_P(ThreadPoolOf, SurvivesThousandsOfTinyCalls) {
  ThreadPool pool(GetParam());
  std::vector<int> values(16, 0);  // unguarded: each call's writes must be over before the next call's
  for (int call = 0; call < 5000; ++call) {
    pool.parallel_for(16, [&](std::int64_t item, int) { ++values[static_cast<std::size_t>(item)]; });
  }
  EXPECT_EQ(values, std::vector<int>(16, 5000));
}

TEST_P(ThreadPoolOf, WakesAfterSleeping) {
  ThreadPool pool(GetParam());
  std::atomic<int> runs = 0;
  for (int call = 0; call < 5; ++call) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    pool.parallel_for(8, [&](std::int64_t, int) { runs.fetch_add(1); });
  }
  EXPECT_EQ(runs.load(), 40);
}

TEST_P(ThreadPoolOf, RethrowsATasksExceptionAndStaysUsable) {
  ThreadPool pool(GetParam());
  for (int call = 0; call < 100; ++call) {
    try {
      pool.parallel_for(50, [](std::int64_t item, int) {
        if (item == 17) throw std::out_of_range("item 17");
      });
      FAIL() << "no exception";
    } catch (const std::out_of_range& error) {
      ASSERT_STREQ(error.what(), "item 17");
    }
    std::atomic<int> runs = 0;
    pool.parallel_for(50, [&](std::int64_t, int) { runs.fetch_add(1); });
    ASSERT_EQ(runs.load(), 50);
  }
}

TEST_P(ThreadPoolOf, RethrowsOneExceptionWhenAllItemsThrow) {
  ThreadPool pool(GetParam());
  EXPECT_THROW(pool.parallel_for(100, [](std::int64_t, int) { throw RunError("each"); }), RunError);
}

TEST(ThreadPool, NeedsAThread) {
  EXPECT_THROW(ThreadPool(0), InputError);
  EXPECT_THROW(ThreadPool(-1), InputError);
}

// Sanitizers take memory of their own.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(__clang__)
// With memory for the stacks of a few threads.
[[noreturn]] void ask_for_too_many_threads() {
  std::ifstream sizes("/proc/self/statm");
  rlim_t pages = 0;
  sizes >> pages;
  const rlim_t bytes = pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + (64u << 20);
  const rlimit limit{bytes, bytes};
  setrlimit(RLIMIT_AS, &limit);
  try {
    const ThreadPool pool(1000);
  } catch (const RunError& error) {
    std::fputs(error.what(), stderr);
    std::_Exit(1);
  }
  std::_Exit(0);
}

TEST(ThreadPool, FailsWhenTheSystemGivesFewerThreads) {
  EXPECT_EXIT(ask_for_too_many_threads(), testing::ExitedWithCode(1),
              "of 1000 threads [0-9]+ could be started");
}
#endif

}  // namespace
}  // namespace ftl
