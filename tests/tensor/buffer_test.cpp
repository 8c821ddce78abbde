#include "tensor/buffer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/random.hpp"

namespace ftl {
namespace {

TEST(Buffer, IsZeroedAlignedAndWritable) {
  for (const std::int64_t bytes : {1, 63, 64, 65, 4096, 5'000'000}) {
    const Buffer buffer(bytes);
    EXPECT_EQ(buffer.bytes(), bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % 64, 0u);
    const auto span = buffer.span<std::uint8_t>();
    ASSERT_EQ(span.size(), static_cast<std::size_t>(bytes));
    EXPECT_TRUE(std::all_of(span.begin(), span.end(), [](std::uint8_t value) { return value == 0; }));
    std::fill(span.begin(), span.end(), std::uint8_t{7});
    EXPECT_EQ(*(buffer.as<std::uint8_t>() + bytes - 1), 7);
  }
}

TEST(Buffer, OfNothingHoldsNothing) {
  EXPECT_EQ(Buffer().data(), nullptr);
  EXPECT_EQ(Buffer(0).data(), nullptr);
  EXPECT_TRUE(Buffer(0).span<float>().empty());
}

TEST(Buffer, MovesItsMemory) {
  Buffer first(100);
  first.as<char>()[99] = 'x';
  Buffer second(10);
  second = std::move(first);
  EXPECT_EQ(second.bytes(), 100);
  EXPECT_EQ(second.as<char>()[99], 'x');
}

TEST(Buffer, IsProvidedWholeAndStillZero) {
  ThreadPool threads(2);
  const Buffer buffer((5 << 20) + 100);
  provide(threads, buffer, buffer.bytes());
  std::vector<unsigned char> in_memory(static_cast<std::size_t>(buffer.bytes() / 4096 + 1));
  ASSERT_EQ(mincore(buffer.data(), static_cast<std::size_t>(buffer.bytes()), in_memory.data()), 0);
  EXPECT_THAT(in_memory, testing::Each(testing::Truly([](unsigned char page) { return (page & 1) != 0; })));
  EXPECT_THAT(buffer.span<std::uint8_t>(), testing::Each(0));
}

TEST(Buffer, SaysHowMuchItLacked) {
  constexpr std::int64_t kTooMuch = std::int64_t{1} << 60;
  EXPECT_THAT([] { Buffer buffer(kTooMuch); },
              testing::ThrowsMessage<RunError>(testing::HasSubstr(std::to_string(kTooMuch >> 20))));
}

bool alive_together(const Lifetime& a, const Lifetime& b) {
  return a.first <= b.last && b.first <= a.last;
}

void expect_sound(const std::vector<Lifetime>& requests, const MemoryPlan& plan) {
  ASSERT_EQ(plan.offsets.size(), requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    ASSERT_EQ(plan.offsets[i] % 64, 0);
    ASSERT_GE(plan.offsets[i], 0);
    ASSERT_LE(plan.offsets[i] + requests[i].bytes, plan.bytes);
    for (std::size_t j = 0; j < i; ++j) {
      const bool disjoint = plan.offsets[i] + requests[i].bytes <= plan.offsets[j] ||
                            plan.offsets[j] + requests[j].bytes <= plan.offsets[i];
      ASSERT_TRUE(disjoint || !alive_together(requests[i], requests[j])) << "requests " << j << " and " << i;
    }
  }
}

std::int64_t most_alive_at_once(const std::vector<Lifetime>& requests, int times) {
  std::int64_t most = 0;
  for (int time = 0; time < times; ++time) {
    std::int64_t alive = 0;
    for (const Lifetime& request : requests) {
      if (request.first <= time && time <= request.last) alive += request.bytes;
    }
    most = std::max(most, alive);
  }
  return most;
}

TEST(PlanMemory, KeepsLiveRequestsApartAndWastesLittle) {
  constexpr int kTimes = 30;
  Random random(1, RandomPurpose::test);
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<Lifetime> requests(random.below(40));
    for (Lifetime& request : requests) {
      request.bytes = 1 + random.below(10'000);
      request.first = static_cast<int>(random.below(kTimes));
      request.last = std::min(kTimes - 1, request.first + static_cast<int>(random.below(8)));
    }
    const MemoryPlan plan = plan_memory(requests);
    expect_sound(requests, plan);
    const std::int64_t most = most_alive_at_once(requests, kTimes);
    EXPECT_GE(plan.bytes, most);
    EXPECT_LE(plan.bytes, most * 3 / 2 + 64 * 40);
  }
}

TEST(PlanMemory, ReusesWhatIsNoLongerAlive) {
  std::vector<Lifetime> chain;  // each step reads the value before it: two are alive at once
  for (int step = 0; step < 10; ++step) chain.push_back({1024, step, step + 1});
  EXPECT_EQ(plan_memory(chain).bytes, 2048);
  EXPECT_EQ(plan_memory(std::vector<Lifetime>{{640, 0, 1}, {64, 2, 3}, {128, 2, 2}}).bytes, 640);
}

TEST(PlanMemory, CountsBothEndsOfALifetime) {
  const std::vector<Lifetime> touching{{64, 0, 1}, {64, 1, 2}};
  EXPECT_EQ(plan_memory(touching).bytes, 128);
}

TEST(PlanMemory, OfNothingIsNothing) {
  EXPECT_EQ(plan_memory({}).bytes, 0);
}

}  // namespace
}  // namespace ftl
