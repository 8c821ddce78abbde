#include "data/derived_dataset.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <string>

#include "base/error.hpp"
#include "base/random.hpp"
#include "data/files.hpp"

namespace ftl::data {
namespace {

// Noise of 10x12 pixels in three classes.
struct Noise {
  static constexpr int kPictures = 300;

  Noise() {
    Random random(0, RandomPurpose::test);
    for (int i = 0; i < kPictures; ++i) labels.push_back(i % 3);
    for (int byte = 0; byte < kPictures * 10 * 12 * 3; ++byte) {
      pixels.push_back(static_cast<std::uint8_t>(random.below(256)));
    }
    dataset.class_names = {"a", "b", "c"};
    dataset.train = {kPictures, 10, 12, pixels.data(), labels.data()};
    dataset.test = {20, 10, 12, pixels.data(), labels.data()};
    dataset.mean = {0.25f, 0.5f, 0.75f};
    dataset.standard_deviation = {0.5f, 0.25f, 0.125f};
  }
  Noise(const Noise&) = delete;
  Noise& operator=(const Noise&) = delete;

  std::vector<std::uint8_t> pixels;
  std::vector<std::int32_t> labels;
  Dataset dataset;
};

TEST(ResizeTraining, ScalesEveryTrainingPictureAndNothingElse) {
  const Noise noise;
  for (const int count : {1, 3}) {
    ThreadPool threads(count);
    const Dataset resized = resize_training(noise.dataset, {5, 6}, threads);
    EXPECT_EQ(resized.train.count, Noise::kPictures);
    EXPECT_EQ(resized.train.height, 5);
    EXPECT_EQ(resized.train.width, 6);
    for (std::int64_t i = 0; i < Noise::kPictures; ++i) {
      std::vector<std::uint8_t> expected(5 * 6 * 3);
      resize(noise.dataset.train.picture(i), {10, 12}, {5, 6}, expected);
      ASSERT_TRUE(std::ranges::equal(resized.train.picture(i), expected)) << i << ", " << count << " threads";
      ASSERT_EQ(resized.train.labels[i], noise.labels[static_cast<std::size_t>(i)]);
    }
    EXPECT_EQ(resized.test.pixels, noise.dataset.test.pixels);
    EXPECT_EQ(resized.test.height, 10);
    EXPECT_EQ(resized.mean, noise.dataset.mean);
    EXPECT_EQ(resized.standard_deviation, noise.dataset.standard_deviation);
  }
}

TEST(HoldOut, SplitsTheTrainingPicturesInEveryClass) {
  const Noise noise;
  const Dataset rest = hold_out(noise.dataset, 0.1);
  EXPECT_EQ(rest.train.count, 270);
  EXPECT_EQ(rest.test.count, 30);
  EXPECT_EQ(rest.holdout, 0.1);
  std::multiset<std::string> together;
  for (const Split& split : {rest.train, rest.test}) {
    std::vector<int> of_class(3);
    for (std::int64_t i = 0; i < split.count; ++i) {
      const auto picture = split.picture(i);
      together.emplace(picture.begin(), picture.end());
      ++of_class[static_cast<std::size_t>(split.labels[i])];
      // Noise pictures are all different: this one's place tells its label.
      for (int original = 0; original < Noise::kPictures; ++original) {
        if (!std::ranges::equal(noise.dataset.train.picture(original), picture)) continue;
        ASSERT_EQ(split.labels[i], noise.labels[static_cast<std::size_t>(original)]);
      }
    }
    EXPECT_EQ(of_class, std::vector<int>(3, static_cast<int>(split.count) / 3));
  }
  std::multiset<std::string> all;
  for (std::int64_t i = 0; i < Noise::kPictures; ++i) {
    const auto picture = noise.dataset.train.picture(i);
    all.emplace(picture.begin(), picture.end());
  }
  EXPECT_TRUE(together == all);
}

TEST(HoldOut, IsAlwaysTheSame) {
  const Noise noise;
  const Dataset first = hold_out(noise.dataset, 0.2);
  const Dataset second = hold_out(noise.dataset, 0.2);
  EXPECT_TRUE(std::equal(first.test.pixels, first.test.pixels + first.test.count * first.test.picture_bytes(),
                         second.test.pixels));
}

TEST(HoldOut, RefusesAShareThatLeavesAClassEmpty) {
  const Noise noise;
  const auto message = [&](double share) {
    return message_of<InputError>([&] { hold_out(noise.dataset, share); });
  };
  EXPECT_THAT(message(0.001),
              testing::AllOf(testing::HasSubstr("train.holdout is 0.001"),
                             testing::HasSubstr("0 of the 100 training pictures of class a")));
  EXPECT_THAT(message(0.999), testing::HasSubstr("100 of the 100"));
}

TEST(LeaveOut, FoldsShareOutTheTrainingPicturesInEveryClass) {
  const Noise noise;
  constexpr int kFolds = 3;  // of 100 pictures a class: 34, 33, 33
  std::multiset<std::string> left_out;
  for (int fold = 0; fold < kFolds; ++fold) {
    const Dataset part = leave_out(noise.dataset, {.folds = kFolds, .left_out = fold});
    EXPECT_EQ(part.test.count, fold == 0 ? 102 : 99);
    EXPECT_EQ(part.train.count + part.test.count, Noise::kPictures);
    std::set<std::string> trained_on;
    for (std::int64_t i = 0; i < part.train.count; ++i) {
      const auto picture = part.train.picture(i);
      trained_on.emplace(picture.begin(), picture.end());
    }
    std::vector<int> of_class(3);
    for (std::int64_t i = 0; i < part.test.count; ++i) {
      const auto picture = part.test.picture(i);
      EXPECT_FALSE(trained_on.contains({picture.begin(), picture.end()}));
      left_out.emplace(picture.begin(), picture.end());
      ++of_class[static_cast<std::size_t>(part.test.labels[i])];
    }
    EXPECT_EQ(of_class, std::vector<int>(3, fold == 0 ? 34 : 33));
  }
  std::multiset<std::string> all;
  for (std::int64_t i = 0; i < Noise::kPictures; ++i) {
    const auto picture = noise.dataset.train.picture(i);
    all.emplace(picture.begin(), picture.end());
  }
  EXPECT_TRUE(left_out == all);
}

TEST(LeaveOut, RefusesMoreFoldsThanPicturesOfAClass) {
  const Noise noise;
  EXPECT_THAT(message_of<InputError>([&] { leave_out(noise.dataset, {.folds = 101}); }),
              testing::HasSubstr("class a has 100 training pictures"));
}

}  // namespace
}  // namespace ftl::data
