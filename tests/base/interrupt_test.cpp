#include "base/interrupt.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

namespace ftl {
namespace {

// In a process of their own: they end it.
void signal_twice(int signal) {
  catch_interrupts();
  if (interrupted()) std::exit(1);
  std::raise(signal);
  if (!interrupted()) std::exit(2);
  std::raise(signal);
  std::exit(3);
}

TEST(InterruptDeathTest, TheFirstSetsTheFlagTheSecondEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(signal_twice(SIGINT), testing::KilledBySignal(SIGINT), "");
  EXPECT_EXIT(signal_twice(SIGTERM), testing::KilledBySignal(SIGTERM), "");
}

}  // namespace
}  // namespace ftl
