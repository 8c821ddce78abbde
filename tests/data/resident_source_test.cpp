#include "data/resident_source.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "base/random.hpp"
#include "data/files.hpp"

namespace ftl::data {
namespace {

constexpr PictureSize kSize{10, 12};
constexpr PictureSize kSmall{5, 6};
constexpr int kPictures = 600;

// Noise with the picture's number as its label.
struct Noise {
  Noise() {
    Random random(0, RandomPurpose::test);
    for (std::int32_t i = 0; i < kPictures; ++i) labels.push_back(i);
    for (std::int64_t byte = 0; byte < kPictures * kSize.bytes(); ++byte) {
      pixels.push_back(static_cast<std::uint8_t>(random.below(256)));
    }
    split = resident_split({.size = kSize, .pixels = pixels, .labels = labels, .storage = {}});
  }
  Noise(const Noise&) = delete;
  Noise& operator=(const Noise&) = delete;

  std::vector<std::uint8_t> small(std::int64_t picture) const {
    std::vector<std::uint8_t> scaled(static_cast<std::size_t>(kSmall.bytes()));
    resize(pixels_of(split, picture), kSize, kSmall, scaled);
    return scaled;
  }

  std::vector<std::uint8_t> pixels;
  std::vector<std::int32_t> labels;
  Split split;
};

TEST(ResidentSource, ScalesPicturesAloneAsAllAtOnce) {
  const Noise noise;
  const ResidentSource source({.size = kSize, .pixels = noise.pixels, .labels = noise.labels, .storage = {}});
  for (const int count : {1, 3}) {
    ThreadPool threads(count);
    const auto prepared = source.prepare(kSmall, threads);
    ASSERT_EQ(prepared->count(), kPictures);
    std::vector<std::uint8_t> room;
    for (std::int64_t i = 0; i < kPictures; ++i) {
      const std::vector<std::uint8_t> expected = noise.small(i);
      ASSERT_TRUE(std::ranges::equal(prepared->read(i, kSmall, room), expected)) << i << ", " << count;
      ASSERT_TRUE(std::ranges::equal(source.read(i, kSmall, room), expected)) << i;
      ASSERT_EQ(prepared->label(i), i);
    }
  }
}

TEST(ResidentSource, KeepsOneCopyOfASizeWhileSomebodyHoldsIt) {
  const Noise noise;
  const ResidentSource source({.size = kSize, .pixels = noise.pixels, .labels = noise.labels, .storage = {}});
  std::array<std::shared_ptr<const Source>, 4> prepared;
  {
    std::vector<std::jthread> jobs;
    for (std::shared_ptr<const Source>& own : prepared) {
      jobs.emplace_back([&] {
        ThreadPool threads(2);
        own = source.prepare(kSmall, threads);
      });
    }
  }
  EXPECT_THAT(prepared, testing::Each(prepared[0]));
  ThreadPool threads(1);
  EXPECT_NE(source.prepare({7, 7}, threads), prepared[0]);
  EXPECT_EQ(source.prepare(kSmall, threads), prepared[0]);
  const std::weak_ptr<const Source> last = prepared[0];
  prepared.fill(nullptr);
  EXPECT_TRUE(last.expired());
}

TEST(Split, OfSomePicturesReadsThemWhereTheWholeHasThem) {
  const Noise noise;
  const Split some = noise.split.subset({30, 5, 5, 599});
  EXPECT_THAT(some.labels(), testing::ElementsAre(30, 5, 5, 599));
  const Split fewer = some.subset({3, 1});
  EXPECT_THAT(fewer.labels(), testing::ElementsAre(599, 5));
  std::vector<std::uint8_t> room;
  EXPECT_EQ(fewer.read(0, room).data(), noise.pixels.data() + 599 * kSize.bytes());
  EXPECT_EQ(fewer.read(1, room).data(), noise.pixels.data() + 5 * kSize.bytes());
  EXPECT_TRUE(room.empty());
  EXPECT_EQ(noise.split.subset({}).count(), 0);
}

TEST(Split, SharesPreparedPicturesWithOtherPartsOfTheWhole) {
  const Noise noise;
  ThreadPool threads(2);
  const Split whole = noise.split.prepared(kSmall, threads);
  const Split some = noise.split.subset({30, 5}).prepared(kSmall, threads);
  EXPECT_EQ(some.size(), kSmall);
  std::vector<std::uint8_t> room;
  EXPECT_EQ(some.read(1, room).data(), whole.read(5, room).data());
  EXPECT_EQ(pixels_of(some, 1), noise.small(5));
  // Another size comes from the pictures as they are, not from the small ones.
  EXPECT_EQ(some.prepared(kSize, threads).read(1, room).data(), noise.split.read(5, room).data());
}

}  // namespace
}  // namespace ftl::data
