#include "data/augmentation.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "base/error.hpp"
#include "base/thread_pool.hpp"
#include "data/files.hpp"
#include "data/resident_source.hpp"

namespace ftl::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kHeight = 6;
constexpr int kWidth = 7;
constexpr int kPictures = 40;
constexpr int kValues = kHeight * kWidth * 3;

// Pictures whose red is their row, green their column and blue their number, so that an augmented pixel tells
// where it came from; normalised by mean 0 and deviation 1/255, so that bf16 holds the bytes exactly.
struct Traceable {
  explicit Traceable(std::uint8_t blue_of_all = 0) {
    for (int i = 0; i < kPictures; ++i) {
      for (int position = 0; position < kHeight * kWidth; ++position) {
        const auto blue = static_cast<std::uint8_t>(blue_of_all == 0 ? i + 100 : blue_of_all);
        pixels.insert(pixels.end(), {static_cast<std::uint8_t>(position / kWidth + 1),
                                     static_cast<std::uint8_t>(position % kWidth + 1), blue});
      }
      labels.push_back(i % 10);
    }
    dataset.class_names.resize(10);
    dataset.train =
        resident_split({.size = {kHeight, kWidth}, .pixels = pixels, .labels = labels, .storage = {}});
    dataset.test = dataset.train;
    dataset.mean = {0, 0, 0};
    dataset.standard_deviation = {1 / 255.0f, 1 / 255.0f, 1 / 255.0f};
  }
  Traceable(const Traceable&) = delete;
  Traceable& operator=(const Traceable&) = delete;

  std::vector<std::uint8_t> pixels;
  std::vector<std::int32_t> labels;
  Dataset dataset;
};

struct Filled {
  std::vector<bf16> values;
  std::vector<Target> labels;

  float at(std::size_t image, int y, int x, int channel) const {
    return to_float(values[image * kValues + static_cast<std::size_t>((y * kWidth + x) * 3 + channel)]);
  }
  int row(std::size_t image, int y, int x) const { return static_cast<int>(at(image, y, x, 0)) - 1; }
  int column(std::size_t image, int y, int x) const { return static_cast<int>(at(image, y, x, 1)) - 1; }
  int picture(std::size_t image, int y, int x) const { return static_cast<int>(at(image, y, x, 2)) - 100; }
};

Filled fill_epoch(TrainingLoader& loader, int epoch, std::int64_t batch = kPictures) {
  loader.begin_epoch(epoch);
  const auto count = static_cast<std::size_t>(loader.count());
  Filled filled{std::vector<bf16>(count * kValues), std::vector<Target>(count)};
  for (std::int64_t first = 0; first < loader.count(); first += batch) {
    const std::int64_t images = std::min(batch, loader.count() - first);
    loader.fill({first, static_cast<int>(images), first, images, filled.values.data() + first * kValues,
                 filled.labels.data() + first});
  }
  return filled;
}

Filled fill_once(const AugmentationConfig& config, int epoch = 0, std::uint64_t seed = 1) {
  const Traceable set;
  TrainingLoader loader(set.dataset, config, seed);
  return fill_epoch(loader, epoch);
}

std::vector<int> order_of(const Filled& filled) {
  std::vector<int> order;
  for (std::size_t i = 0; i < filled.labels.size(); ++i) order.push_back(filled.picture(i, 0, 0));
  return order;
}

bool is_mirrored(const Filled& filled, std::size_t image) {
  return filled.column(image, 0, 0) > filled.column(image, 0, kWidth - 1);
}

TEST(TrainingLoader, GivesEveryPictureOnceInAnOrderThatChangesWithEpochAndSeed) {
  const Traceable set;
  TrainingLoader loader(set.dataset, {}, 1);
  const std::vector<int> first = order_of(fill_epoch(loader, 0));
  const std::vector<int> second = order_of(fill_epoch(loader, 1));
  EXPECT_NE(first, second);
  EXPECT_EQ(order_of(fill_epoch(loader, 0)), first);
  EXPECT_NE(order_of(fill_once({}, 0, 2)), first);
  std::vector<int> all(kPictures);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_THAT(first, ::testing::UnorderedElementsAreArray(all));
  EXPECT_NE(first, all);
}

TEST(TrainingLoader, TakesPicturesInTheEpochsOrder) {
  const std::vector<int> order = order_of(fill_once({}, 2, 9));
  EXPECT_EQ(std::vector<std::int32_t>(order.begin(), order.end()), epoch_order(kPictures, 9, 2));
}

TEST(TrainingLoader, WritesPicturesAndLabelsUnchangedWithoutAugmentation) {
  const Filled filled = fill_once({});
  for (std::size_t i = 0; i < kPictures; ++i) {
    const int picture = filled.picture(i, 0, 0);
    EXPECT_EQ(filled.labels[i].label, picture % 10);
    EXPECT_EQ(filled.labels[i].label_weight, 1.0f);
    for (int y = 0; y < kHeight; ++y) {
      for (int x = 0; x < kWidth; ++x) {
        EXPECT_EQ(filled.row(i, y, x), y);
        EXPECT_EQ(filled.column(i, y, x), x);
        EXPECT_EQ(filled.picture(i, y, x), picture);
      }
    }
  }
}

TEST(TrainingLoader, NormalisesByMeanAndDeviation) {
  Traceable set;
  set.dataset.mean = {0.5f, 0.25f, 0.0f};
  set.dataset.standard_deviation = {0.25f, 0.5f, 0.0f};
  std::ranges::fill(set.pixels, std::uint8_t{255});
  TrainingLoader loader(set.dataset, {}, 1);
  const Filled filled = fill_epoch(loader, 0);
  EXPECT_EQ(filled.at(0, 0, 0, 0), 2.0f);
  EXPECT_EQ(filled.at(0, 0, 0, 1), 1.5f);
  EXPECT_EQ(filled.at(0, 0, 0, 2), 1.0f) << "a channel that never varies is only centred";
}

TEST(TrainingLoader, CutsWindowsOutOfAReflectedBorder) {
  const int pad = 3;
  std::set<std::pair<int, int>> offsets;
  for (int epoch = 0; epoch < 20; ++epoch) {
    const Filled filled = fill_once({.pad = pad}, epoch);
    for (std::size_t i = 0; i < kPictures; ++i) {
      // The window's offset, from a place that reflection never reaches: the middle, with pad 3 of 6 x 7.
      int matches = 0;
      for (int dy = -pad; dy <= pad; ++dy) {
        for (int dx = -pad; dx <= pad; ++dx) {
          const auto reflected = [](int index, int size) {
            return index < 0 ? -index : index >= size ? 2 * size - 2 - index : index;
          };
          bool same = true;
          for (int y = 0; y < kHeight; ++y) {
            for (int x = 0; x < kWidth; ++x) {
              same = same && filled.row(i, y, x) == reflected(y + dy, kHeight) &&
                     filled.column(i, y, x) == reflected(x + dx, kWidth);
            }
          }
          if (!same) continue;
          ++matches;
          offsets.insert({dy, dx});
        }
      }
      ASSERT_EQ(matches, 1);
    }
  }
  EXPECT_EQ(offsets.size(), 49u) << "every offset from -3 to 3 occurs";
}

TEST(TrainingLoader, FlipsHalfOfThePicturesAtRandom) {
  int mirrored = 0;
  std::set<int> of_first_picture;
  for (int epoch = 0; epoch < 50; ++epoch) {
    const Filled filled = fill_once({.flip = Flip::random}, epoch);
    for (std::size_t i = 0; i < kPictures; ++i) {
      mirrored += is_mirrored(filled, i) ? 1 : 0;
      if (filled.picture(i, 0, 0) == 0) of_first_picture.insert(is_mirrored(filled, i));
    }
  }
  // 2,000 fair coins: five standard deviations are 112.
  EXPECT_NEAR(mirrored, 1000, 112);
  EXPECT_EQ(of_first_picture.size(), 2u);
}

TEST(TrainingLoader, AlternatesFlipsFromEpochToEpoch) {
  const Traceable set;
  TrainingLoader loader(set.dataset, {.flip = Flip::alternating}, 1);
  std::vector<std::vector<bool>> mirrored;  // by epoch and picture
  for (int epoch = 0; epoch < 4; ++epoch) {
    const Filled filled = fill_epoch(loader, epoch);
    std::vector<bool> flips(kPictures);
    for (std::size_t i = 0; i < kPictures; ++i) {
      flips[static_cast<std::size_t>(filled.picture(i, 0, 0))] = is_mirrored(filled, i);
    }
    mirrored.push_back(flips);
  }
  std::vector<bool> opposite = mirrored[0];
  opposite.flip();
  EXPECT_EQ(mirrored[1], opposite);
  EXPECT_EQ(mirrored[2], mirrored[0]);
  EXPECT_EQ(mirrored[3], opposite);
  const auto first = std::count(mirrored[0].begin(), mirrored[0].end(), true);
  EXPECT_GT(first, 5);
  EXPECT_LT(first, 35);
}

TEST(TrainingLoader, AlternatesFlipsFromTurnToTurnWherePicturesAreLeftOut) {
  const Traceable set;
  TrainingLoader loader(set.dataset, {.flip = Flip::alternating}, 1);
  const auto mirrored_at = [&](int epoch, const std::vector<std::uint8_t>& times) {
    loader.begin_epoch(epoch);
    Filled filled{std::vector<bf16>(kPictures * kValues), std::vector<Target>(kPictures)};
    loader.fill({.images = kPictures,
                 .batch_images = kPictures,
                 .pictures = filled.values.data(),
                 .targets = filled.labels.data(),
                 .times_taken = times.data()});
    std::vector<bool> flips(kPictures);
    for (std::size_t i = 0; i < kPictures; ++i) {
      flips[static_cast<std::size_t>(filled.picture(i, 0, 0))] = is_mirrored(filled, i);
    }
    return flips;
  };
  std::vector<std::uint8_t> times(kPictures, 0);
  const std::vector<bool> first = mirrored_at(0, times);
  times[5] = times[7] = 1;
  times[9] = 2;
  std::vector<bool> expected = first;
  expected[5] = !expected[5];
  expected[7] = !expected[7];
  EXPECT_EQ(mirrored_at(1, times), expected);
  EXPECT_EQ(mirrored_at(2, times), expected);
}

TEST(TrainingLoader, CutsOutOneSquareAsTheMean) {
  const int side = 3;
  std::set<std::pair<int, int>> places;
  for (int epoch = 0; epoch < 20; ++epoch) {
    const Filled filled = fill_once({.cutout = side}, epoch);
    for (std::size_t i = 0; i < kPictures; ++i) {
      int top = kHeight, left = kWidth, bottom = -1, right = -1, erased = 0;
      for (int y = 0; y < kHeight; ++y) {
        for (int x = 0; x < kWidth; ++x) {
          if (filled.at(i, y, x, 2) != 0) continue;
          ASSERT_EQ(filled.at(i, y, x, 0), 0.0f);
          ASSERT_EQ(filled.at(i, y, x, 1), 0.0f);
          ++erased;
          top = std::min(top, y), left = std::min(left, x), bottom = std::max(bottom, y),
          right = std::max(right, x);
        }
      }
      ASSERT_EQ(erased, side * side);
      ASSERT_EQ(bottom - top, side - 1);
      ASSERT_EQ(right - left, side - 1);
      places.insert({top, left});
    }
  }
  EXPECT_EQ(places.size(), 4u * 5u) << "every place inside the picture occurs";
}

TEST(TrainingLoader, MixesASquareOfAnotherPictureOfTheBatch) {
  const int side = 2;
  const std::int64_t batch = 10;
  const Traceable set;
  TrainingLoader plain_loader(set.dataset, {.pad = 2, .flip = Flip::random}, 1);
  TrainingLoader loader(set.dataset, {.pad = 2, .flip = Flip::random, .cutmix = side}, 1);
  const Filled plain = fill_epoch(plain_loader, 0);
  const Filled mixed = fill_epoch(loader, 0, batch);
  const std::vector<int> order = order_of(plain);
  int from_others = 0;
  for (std::size_t i = 0; i < kPictures; ++i) {
    EXPECT_FLOAT_EQ(mixed.labels[i].label_weight, 1 - 4 / 42.0f);
    EXPECT_EQ(mixed.labels[i].label, order[i] % 10);
    int foreign = 0;
    for (int y = 0; y < kHeight; ++y) {
      for (int x = 0; x < kWidth; ++x) {
        const int from = mixed.picture(i, y, x);
        const auto place =
            static_cast<std::size_t>(std::find(order.begin(), order.end(), from) - order.begin());
        ASSERT_EQ(place / batch, i / batch) << "a partner from another batch";
        // The partner's pixels are those it has itself at this place, augmented its own way.
        ASSERT_EQ(mixed.row(i, y, x), plain.row(place, y, x));
        ASSERT_EQ(mixed.column(i, y, x), plain.column(place, y, x));
        if (from == order[i]) continue;
        ++foreign;
        ASSERT_EQ(mixed.labels[i].other, from % 10);
      }
    }
    ASSERT_TRUE(foreign == 0 || foreign == side * side) << foreign;
    from_others += foreign > 0 ? 1 : 0;
  }
  // A picture is its own partner in one of ten cases.
  EXPECT_GT(from_others, 25);
}

TEST(TrainingLoader, StartsCutMixAtItsEpoch) {
  const AugmentationConfig config{.cutmix = 2, .cutmix_start = 1.5};
  EXPECT_EQ(fill_once(config, 1).labels[0].label_weight, 1.0f);
  EXPECT_LT(fill_once(config, 2).labels[0].label_weight, 1.0f);
}

TEST(TrainingLoader, AddsBrightnessWithinItsRange) {
  const float range = 20 / 255.0f;
  const Filled filled = fill_once({.brightness = range});
  const std::vector<int> order = order_of(fill_once({}));
  std::set<float> shifts;
  for (std::size_t i = 0; i < kPictures; ++i) {
    const float shift = filled.at(i, 0, 0, 0) - 1;
    EXPECT_LE(std::abs(shift), 20.1f);
    // bf16 has eight bits: values near 120 are off by up to 1/4, the shift by a little too.
    EXPECT_NEAR(filled.at(i, 3, 4, 1), 5 + shift, 0.2f);
    EXPECT_NEAR(filled.at(i, 3, 4, 2), static_cast<float>(100 + order[i]) + shift, 0.6f);
    shifts.insert(shift);
  }
  EXPECT_LT(*shifts.begin(), -10);
  EXPECT_GT(*shifts.rbegin(), 10);
}

TEST(TrainingLoader, ScalesContrastAroundThePicturesMean) {
  const Traceable set(200);
  TrainingLoader loader(set.dataset, {.contrast = 0.5f}, 1);
  const Filled filled = fill_epoch(loader, 0);
  const float mean = (3.5f + 4.0f + 200.0f) / 3;  // of rows, columns and blue
  std::set<float> scales;
  for (std::size_t i = 0; i < kPictures; ++i) {
    const float scale = (filled.at(i, 0, 0, 2) - mean) / (200 - mean);
    EXPECT_GT(scale, 0.49f);
    EXPECT_LT(scale, 1.51f);
    EXPECT_NEAR(filled.at(i, 2, 5, 1), mean + scale * (6 - mean), 1.0f);
    scales.insert(scale);
  }
  EXPECT_LT(*scales.begin(), 0.75f);
  EXPECT_GT(*scales.rbegin(), 1.25f);
}

TEST(TrainingLoader, GivesTheSameBitsAtAnyThreadCountAndSplit) {
  const Traceable set;
  const AugmentationConfig config{
      .pad = 2, .flip = Flip::alternating, .cutout = 2, .cutmix = 2, .brightness = 0.1f, .contrast = 0.1f};
  TrainingLoader loader(set.dataset, config, 7);
  fill_epoch(loader, 0);
  const Filled whole = fill_epoch(loader, 3);
  Filled parts{std::vector<bf16>(whole.values.size()), std::vector<Target>(kPictures)};
  ThreadPool pool(4);
  TrainingLoader fresh(set.dataset, config, 7);
  fresh.begin_epoch(3);
  pool.parallel_for(kPictures, [&](std::int64_t item, int) {
    const std::int64_t first = kPictures - 1 - item;
    fresh.fill({first, 1, 0, kPictures, parts.values.data() + first * kValues, parts.labels.data() + first});
  });
  EXPECT_EQ(parts.values, whole.values);
  for (std::size_t i = 0; i < kPictures; ++i) EXPECT_EQ(parts.labels[i].other, whole.labels[i].other);
}

TEST(TrainingLoader, RefusesSettingsThatThePicturesAreTooSmallFor) {
  const Traceable set;
  const auto refusal = [&](const AugmentationConfig& config) {
    return message_of<InputError>([&] { TrainingLoader(set.dataset, config, 1); });
  };
  EXPECT_THAT(refusal({.pad = 6}), HasSubstr("pad is 6"));
  EXPECT_THAT(refusal({.pad = -1}), HasSubstr("pad is -1"));
  EXPECT_THAT(refusal({.cutout = 7}), HasSubstr("cutout is 7"));
  EXPECT_THAT(refusal({.cutmix = 7}), HasSubstr("cutmix is 7"));
  EXPECT_THAT(refusal({.brightness = -0.1f}), HasSubstr("brightness"));
  EXPECT_EQ(refusal({.pad = 5, .cutout = 6, .cutmix = 6}), "");
}

TEST(Views, WeighEachKind) {
  EXPECT_EQ(views(Views::plain).size(), 1u);
  EXPECT_EQ(views(Views::mirror).size(), 2u);
  const std::vector<View> six = views(Views::six);
  ASSERT_EQ(six.size(), 6u);
  std::set<std::tuple<bool, int, int, float>> seen;
  for (const View& view : six) seen.insert({view.mirror, view.shift_y, view.shift_x, view.weight});
  const std::set<std::tuple<bool, int, int, float>> expected = {
      {false, 0, 0, 0.25f},   {true, 0, 0, 0.25f},   {false, -1, -1, 0.125f},
      {true, -1, -1, 0.125f}, {false, 1, 1, 0.125f}, {true, 1, 1, 0.125f}};
  EXPECT_EQ(seen, expected);
  for (const Views kind : {Views::plain, Views::mirror, Views::six}) {
    float sum = 0;
    for (const View& view : views(kind)) sum += view.weight;
    EXPECT_EQ(sum, 1.0f);
  }
}

Filled fill_one_view(const View& view, std::int64_t picture) {
  const Traceable set;
  Filled filled{std::vector<bf16>(kValues), {}};
  fill_view(set.dataset, set.dataset.test, view, picture, 1, filled.values.data());
  return filled;
}

std::vector<int> top_row_columns(const Filled& filled) {
  std::vector<int> columns;
  for (int x = 0; x < kWidth; ++x) columns.push_back(filled.column(0, 0, x));
  return columns;
}

TEST(FillView, ShiftsTheContentAndReflectsTheBorderThenMirrors) {
  const Filled plain = fill_one_view({}, 4);
  EXPECT_THAT(top_row_columns(plain), ElementsAre(0, 1, 2, 3, 4, 5, 6));
  EXPECT_EQ(plain.picture(0, 0, 0), 4);
  EXPECT_THAT(top_row_columns(fill_one_view({.mirror = true}, 4)), ElementsAre(6, 5, 4, 3, 2, 1, 0));

  const Filled up_left = fill_one_view({.shift_y = -1, .shift_x = -1}, 4);
  EXPECT_THAT(top_row_columns(up_left), ElementsAre(1, 2, 3, 4, 5, 6, 5));
  EXPECT_EQ(up_left.row(0, 0, 0), 1);
  EXPECT_EQ(up_left.row(0, kHeight - 1, 0), kHeight - 2);

  const Filled down_right = fill_one_view({.shift_y = 1, .shift_x = 1}, 4);
  EXPECT_THAT(top_row_columns(down_right), ElementsAre(1, 0, 1, 2, 3, 4, 5));
  EXPECT_EQ(down_right.row(0, 0, 0), 1);
  EXPECT_EQ(down_right.row(0, 1, 0), 0);

  const Filled mirrored = fill_one_view({.mirror = true, .shift_y = 1, .shift_x = 1}, 4);
  EXPECT_THAT(top_row_columns(mirrored), ElementsAre(5, 4, 3, 2, 1, 0, 1));
}

TEST(FillView, TakesARangeOrNamedPictures) {
  const Traceable set;
  Filled range{std::vector<bf16>(3 * kValues), {}};
  fill_view(set.dataset, set.dataset.test, {}, 5, 3, range.values.data());
  Filled named = range;
  const std::vector<std::int32_t> indices = {30, 5, 5};
  fill_view(set.dataset, set.dataset.test, {}, indices, named.values.data());
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(range.picture(i, 2, 2), 5 + static_cast<int>(i));
    EXPECT_EQ(named.picture(i, 2, 2), indices[i]);
  }
}

}  // namespace
}  // namespace ftl::data
