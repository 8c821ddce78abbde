#include "measure/memory_bandwidth.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/registry.hpp"

namespace ftl::measure {
namespace {

TEST(MemoryLevels, GrowAndGiveEachThreadItsOwnPartOfTheCaches) {
  const std::vector<MemoryLevel> one = memory_levels(1), four = memory_levels(4);
  ASSERT_EQ(one.size(), 3U);
  EXPECT_LT(one[0].bytes, one[1].bytes);
  EXPECT_LT(one[1].bytes, one[2].bytes);
  EXPECT_EQ(four[0].bytes, 4 * one[0].bytes);
  EXPECT_EQ(four[1].bytes, 4 * one[1].bytes);
  EXPECT_EQ(four[2].bytes, one[2].bytes);
}

TEST(MemoryBandwidth, IsARateForEachKindOfTraffic) {
  ThreadPool threads(2);
  const Bandwidth bandwidth =
      measure_bandwidth({"L1", 16 << 10}, kernels::kernels_for(Isa::generic).stream, threads, 1e-3);
  for (const double rate : {bandwidth.read, bandwidth.write, bandwidth.copy}) {
    // No processor moves less than a megabyte or more than a petabyte a second.
    EXPECT_GT(rate, 1e6);
    EXPECT_LT(rate, 1e15);
  }
}

}  // namespace
}  // namespace ftl::measure
