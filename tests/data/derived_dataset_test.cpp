#include "data/derived_dataset.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <string>

#include "base/error.hpp"
#include "base/random.hpp"
#include "data/files.hpp"
#include "data/resident_source.hpp"

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
    dataset.train = resident_split({.size = {10, 12}, .pixels = pixels, .labels = labels, .storage = {}});
    dataset.test = dataset.train;
    dataset.mean = {0.25f, 0.5f, 0.75f};
    dataset.standard_deviation = {0.5f, 0.25f, 0.125f};
  }
  Noise(const Noise&) = delete;
  Noise& operator=(const Noise&) = delete;

  std::vector<std::uint8_t> pixels;
  std::vector<std::int32_t> labels;
  Dataset dataset;
};

TEST(HoldOut, SplitsTheTrainingPicturesInEveryClass) {
  const Noise noise;
  const Dataset rest = hold_out(noise.dataset, 0.1);
  EXPECT_EQ(rest.train.count(), 270);
  EXPECT_EQ(rest.test.count(), 30);
  EXPECT_EQ(rest.holdout, 0.1);
  std::multiset<std::string> together;
  for (const Split& split : {rest.train, rest.test}) {
    std::vector<int> of_class(3);
    for (std::int64_t i = 0; i < split.count(); ++i) {
      const std::vector<std::uint8_t> picture = pixels_of(split, i);
      together.emplace(picture.begin(), picture.end());
      ++of_class[static_cast<std::size_t>(split.label(i))];
      // Noise pictures are all different: this one's place tells its label.
      for (int original = 0; original < Noise::kPictures; ++original) {
        if (pixels_of(noise.dataset.train, original) != picture) continue;
        ASSERT_EQ(split.label(i), noise.labels[static_cast<std::size_t>(original)]);
      }
    }
    EXPECT_EQ(of_class, std::vector<int>(3, static_cast<int>(split.count()) / 3));
  }
  std::multiset<std::string> all;
  for (std::int64_t i = 0; i < Noise::kPictures; ++i) {
    const std::vector<std::uint8_t> picture = pixels_of(noise.dataset.train, i);
    all.emplace(picture.begin(), picture.end());
  }
  EXPECT_TRUE(together == all);
}

TEST(HoldOut, IsAlwaysTheSame) {
  const Noise noise;
  const Dataset first = hold_out(noise.dataset, 0.2);
  const Dataset second = hold_out(noise.dataset, 0.2);
  ASSERT_EQ(first.test.count(), second.test.count());
  for (std::int64_t i = 0; i < first.test.count(); ++i) {
    ASSERT_EQ(pixels_of(first.test, i), pixels_of(second.test, i));
  }
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
    EXPECT_EQ(part.test.count(), fold == 0 ? 102 : 99);
    EXPECT_EQ(part.train.count() + part.test.count(), Noise::kPictures);
    std::set<std::string> trained_on;
    for (std::int64_t i = 0; i < part.train.count(); ++i) {
      const std::vector<std::uint8_t> picture = pixels_of(part.train, i);
      trained_on.emplace(picture.begin(), picture.end());
    }
    std::vector<int> of_class(3);
    for (std::int64_t i = 0; i < part.test.count(); ++i) {
      const std::vector<std::uint8_t> picture = pixels_of(part.test, i);
      EXPECT_FALSE(trained_on.contains({picture.begin(), picture.end()}));
      left_out.emplace(picture.begin(), picture.end());
      ++of_class[static_cast<std::size_t>(part.test.label(i))];
    }
    EXPECT_EQ(of_class, std::vector<int>(3, fold == 0 ? 34 : 33));
  }
  std::multiset<std::string> all;
  for (std::int64_t i = 0; i < Noise::kPictures; ++i) {
    const std::vector<std::uint8_t> picture = pixels_of(noise.dataset.train, i);
    all.emplace(picture.begin(), picture.end());
  }
  EXPECT_TRUE(left_out == all);
}

// No picture is copied, however many folds and held-out parts there are at once.
TEST(LeaveOutAndHoldOut, ReadPicturesWhereTheWholeDatasetHasThem) {
  const Noise noise;
  const std::uint8_t* end = noise.pixels.data() + noise.pixels.size();
  for (const Dataset& part : {hold_out(noise.dataset, 0.1), leave_out(noise.dataset, {.folds = 5})}) {
    for (const Split& split : {part.train, part.test}) {
      for (std::int64_t i = 0; i < split.count(); ++i) {
        std::vector<std::uint8_t> room;
        const std::span<const std::uint8_t> picture = split.read(i, room);
        ASSERT_TRUE(noise.pixels.data() <= picture.data() && picture.data() + picture.size() <= end);
        ASSERT_TRUE(room.empty());
      }
    }
  }
}

TEST(LeaveOut, RefusesMoreFoldsThanPicturesOfAClass) {
  const Noise noise;
  EXPECT_THAT(message_of<InputError>([&] { leave_out(noise.dataset, {.folds = 101}); }),
              testing::HasSubstr("class a has 100 training pictures"));
}

}  // namespace
}  // namespace ftl::data
