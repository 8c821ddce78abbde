#include "base/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

namespace ftl {
namespace {

using Words = std::array<std::uint32_t, 4>;

// Philox 4x32-10 step by step as the paper writes it, to compare with.
Words philox_by_definition(const Words& counter, std::array<std::uint32_t, 2> key) {
  std::uint32_t left0 = counter[0], right0 = counter[1], left1 = counter[2], right1 = counter[3];
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{left0} * 0xD2511F53u;
    const std::uint64_t b = std::uint64_t{left1} * 0xCD9E8D57u;
    left0 = static_cast<std::uint32_t>(b >> 32) ^ right0 ^ key[0];
    left1 = static_cast<std::uint32_t>(a >> 32) ^ right1 ^ key[1];
    right0 = static_cast<std::uint32_t>(b);
    right1 = static_cast<std::uint32_t>(a);
    key = {key[0] + 0x9E3779B9u, key[1] + 0xBB67AE85u};
  }
  return {left0, right0, left1, right1};
}

Words first_words(Random random) {
  return {random.next(), random.next(), random.next(), random.next()};
}

// The known answers published with Random123 (kat_vectors).
TEST(Random, DefinitionGivesThePublishedKnownAnswers) {
  EXPECT_EQ(philox_by_definition({0, 0, 0, 0}, {0, 0}),
            (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox_by_definition({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox_by_definition({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, IsPhiloxOfItsSeedPurposeAndStreams) {
  EXPECT_EQ(first_words(Random(0, RandomPurpose{0})),
            (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  Random random(0x0123456789abcdefu, RandomPurpose::augmentation, 7, 0xfffffffeu);
  for (std::uint32_t block = 0; block < 100; ++block) {
    const Words expected =
        philox_by_definition({block, static_cast<std::uint32_t>(RandomPurpose::augmentation), 7, 0xfffffffeu},
                             {0x89abcdefu, 0x01234567u});
    for (const std::uint32_t word : expected) ASSERT_EQ(random.next(), word) << "block " << block;
  }
}

TEST(Random, StreamsDifferInEveryPartOfTheirName) {
  std::set<Words> seen;
  for (const std::uint64_t seed : {0ull, 1ull, 1ull << 32}) {
    for (const auto purpose : {RandomPurpose::shuffle, RandomPurpose::flip}) {
      for (std::uint32_t stream = 0; stream < 10; ++stream) {
        for (std::uint32_t substream = 0; substream < 10; ++substream) {
          EXPECT_TRUE(seen.insert(first_words(Random(seed, purpose, stream, substream))).second);
        }
      }
    }
  }
}

TEST(Random, NeighbouringStreamsAreUncorrelated) {
  constexpr int kStreams = 100'000;
  double product = 0;
  for (std::uint32_t stream = 0; stream < kStreams; ++stream) {
    Random here(5, RandomPurpose::test, 0, stream);
    Random next(5, RandomPurpose::test, 0, stream + 1);
    product += (here.uniform() - 0.5) * (next.uniform() - 0.5);
  }
  // The mean product of independent ones has standard deviation 1 / (12 sqrt(n)); five of them.
  EXPECT_LT(std::fabs(product / kStreams), 5.0 / 12.0 / std::sqrt(kStreams));
}

TEST(Random, UniformCoversZeroToOne) {
  Random random(2, RandomPurpose::test);
  std::array<int, 10> counts{};
  constexpr int kDraws = 100'000;
  for (int i = 0; i < kDraws; ++i) {
    const float value = random.uniform();
    ASSERT_GE(value, 0.0f);
    ASSERT_LT(value, 1.0f);
    ++counts[static_cast<std::size_t>(value * 10)];
  }
  for (const int count : counts) EXPECT_NEAR(count, kDraws / 10, 500);
}

TEST(Random, UniformBetweenStaysBetween) {
  Random random(3, RandomPurpose::test);
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const float value = random.uniform(-3.0f, -1.0f);
    ASSERT_GE(value, -3.0f);
    ASSERT_LE(value, -1.0f);
    sum += value;
  }
  EXPECT_NEAR(sum / 10'000, -2.0, 0.03);
}

TEST(Random, BelowReachesEachValueAndNoOther) {
  for (const std::uint32_t bound : {1u, 2u, 3u, 7u, 10u}) {
    Random random(bound, RandomPurpose::test);
    std::vector<int> counts(bound);
    for (std::uint32_t i = 0; i < 10'000 * bound; ++i) {
      const std::uint32_t value = random.below(bound);
      ASSERT_LT(value, bound);
      ++counts[value];
    }
    for (const int count : counts) EXPECT_NEAR(count, 10'000, 500) << "bound " << bound;
  }
}

// With 3 * 2^30 values for 2^32 random words, a method without rejection gives each third value twice the
// chance.
TEST(Random, BelowHasNoBiasForLargeBounds) {
  Random random(4, RandomPurpose::test);
  std::array<int, 3> counts{};
  constexpr int kDraws = 90'000;
  for (int i = 0; i < kDraws; ++i) ++counts[random.below(3u << 30) % 3];
  for (const int count : counts) EXPECT_NEAR(count, kDraws / 3, 700);
}

TEST(Random, NormalHasTheMomentsOfANormal) {
  Random random(6, RandomPurpose::test);
  constexpr int kDraws = 200'000;
  double sum = 0, squares = 0;
  int within_one = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double value = random.normal();
    ASSERT_TRUE(std::isfinite(value));
    sum += value;
    squares += value * value;
    within_one += std::fabs(value) < 1.0;
  }
  EXPECT_NEAR(sum / kDraws, 0.0, 0.012);
  EXPECT_NEAR(squares / kDraws, 1.0, 0.02);
  EXPECT_NEAR(static_cast<double>(within_one) / kDraws, 0.6827, 0.006);
}

TEST(Shuffle, IsAPermutationThatTheSeedDecides) {
  std::vector<std::int32_t> sorted(1000);
  std::iota(sorted.begin(), sorted.end(), 0);
  const auto shuffled = [&](std::uint64_t seed) {
    auto values = sorted;
    Random random(seed, RandomPurpose::shuffle);
    shuffle(values, random);
    return values;
  };
  const auto values = shuffled(1);
  EXPECT_NE(values, sorted);
  EXPECT_EQ(values, shuffled(1));
  EXPECT_NE(values, shuffled(2));
  auto restored = values;
  std::sort(restored.begin(), restored.end());
  EXPECT_EQ(restored, sorted);
}

TEST(Shuffle, MakesAllOrdersEquallyLikely) {
  std::array<int, 6> counts{};
  Random random(8, RandomPurpose::shuffle);
  for (int i = 0; i < 60'000; ++i) {
    std::array<std::int32_t, 3> values{0, 1, 2};
    shuffle(values, random);
    ++counts[static_cast<std::size_t>(values[0] * 2 + (values[1] > values[2]))];
  }
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);
}

TEST(Shuffle, LeavesNothingAndOneAlone) {
  Random random(9, RandomPurpose::shuffle);
  shuffle({}, random);
  std::array<std::int32_t, 1> one{42};
  shuffle(one, random);
  EXPECT_EQ(one[0], 42);
}

}  // namespace
}  // namespace ftl
