#include "train/remembered_scores.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace ftl::train {
namespace {

std::vector<std::int32_t> first_pictures(std::int32_t count) {
  std::vector<std::int32_t> pictures(static_cast<std::size_t>(count));
  std::iota(pictures.begin(), pictures.end(), 0);
  return pictures;
}

Random random_of(std::uint32_t draw) {
  return {3, RandomPurpose::test, draw};
}

// How often each index is drawn in so many draws.
std::vector<int> counts(const RememberedScores& scores, std::span<const std::int32_t> pictures,
                        std::int64_t count, std::uint32_t draws) {
  std::vector<int> drawn(pictures.size());
  for (std::uint32_t draw = 0; draw < draws; ++draw) {
    for (const std::int32_t i : scores.draw(pictures, count, random_of(draw))) {
      ++drawn[static_cast<std::size_t>(i)];
    }
  }
  return drawn;
}

TEST(RememberedScores, DrawsAsManyAsAskedForNoneTwice) {
  constexpr std::int32_t kPictures = 37;
  RememberedScores scores(kPictures);
  const std::vector<std::int32_t> pictures = first_pictures(kPictures);
  std::vector<float> values(pictures.size());
  Random random(4, RandomPurpose::test);
  for (float& value : values) value = random.uniform() < 0.5f ? 0 : 1.4f * random.uniform();
  scores.remember(pictures, values);
  for (std::int64_t count = 1; count <= kPictures; ++count) {
    for (std::uint32_t draw = 0; draw < 200; ++draw) {
      const std::vector<std::int32_t> drawn = scores.draw(pictures, count, random_of(draw));
      ASSERT_EQ(std::ssize(drawn), count);
      ASSERT_TRUE(std::ranges::adjacent_find(drawn, std::ranges::greater_equal{}) == drawn.end())
          << "one twice, or out of order";
      ASSERT_THAT(drawn, testing::Each(testing::AllOf(testing::Ge(0), testing::Lt(kPictures))));
    }
  }
}

TEST(RememberedScores, SamplesStandForAll) {
  RememberedScores scores(6);
  scores.remember(first_pictures(6), std::vector<float>{0.0f, 0.1f, 0.2f, 0.4f, 0.9f, 1.2f});
  std::vector<double> stands_for(6);
  constexpr int kSamples = 9000;
  for (std::uint32_t i = 0; i < kSamples; ++i) {
    const RememberedScores::Sample sample = scores.sample(3, random_of(i));
    ASSERT_EQ(sample.pictures.size(), 3u);
    for (std::size_t k = 0; k < 3; ++k)
      stands_for[static_cast<std::size_t>(sample.pictures[k])] += sample.weights[k];
  }
  for (const double times : stands_for) EXPECT_NEAR(times / kSamples, 1, 0.1);
}

TEST(RememberedScores, DrawsInProportionToATenthAndTheScore) {
  RememberedScores scores(6);
  scores.remember(std::vector<std::int32_t>{4, 0, 2}, std::vector<float>{0.2f, 0.0f, 0.4f});
  // Weights 0.1, 0.5 and 0.3 of pictures 0, 2 and 4; their sum is 0.9.
  const std::vector<int> drawn = counts(scores, std::vector<std::int32_t>{0, 2, 4}, 1, 9000);
  EXPECT_NEAR(drawn[0], 1000, 100);
  EXPECT_NEAR(drawn[1], 5000, 150);
  EXPECT_NEAR(drawn[2], 3000, 140);
}

TEST(RememberedScores, ThoseThatTeachMuchMoreThanTheRestAreAlwaysDrawn) {
  RememberedScores scores(4);
  scores.remember(first_pictures(4), std::vector<float>{0.0f, 1.2f, 0.0f, 0.1f});
  // Picture 1 is certain; a second one is drawn with weights 0.1, 0.1 and 0.2.
  const std::vector<int> drawn = counts(scores, first_pictures(4), 2, 4000);
  EXPECT_EQ(drawn[1], 4000);
  EXPECT_NEAR(drawn[0], 1000, 100);
  EXPECT_NEAR(drawn[2], 1000, 100);
  EXPECT_NEAR(drawn[3], 2000, 120);
}

TEST(RememberedScores, APictureNeverTrainedOnHasAScoreOfOne) {
  RememberedScores scores(2);
  scores.remember(std::vector<std::int32_t>{1}, std::vector<float>{0.1f});
  EXPECT_THAT(scores.values(), testing::ElementsAre(1.0f, 0.1f));
  const std::vector<int> drawn = counts(scores, first_pictures(2), 1, 1300);
  EXPECT_NEAR(drawn[0], 1100, 60);
}

}  // namespace
}  // namespace ftl::train
