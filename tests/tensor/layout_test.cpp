#include "tensor/layout.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <set>
#include <vector>

#include "base/random.hpp"

namespace ftl {
namespace {

struct Case {
  Shape shape;
  int images;

  std::string name() const { return to_string(shape) + "_" + std::to_string(images); }
  friend void PrintTo(const Case& value, std::ostream* stream) { *stream << value.name(); }
};

class Layout : public testing::TestWithParam<Case> {
 protected:
  Shape shape() const { return GetParam().shape; }
  int images() const { return GetParam().images; }
  std::size_t block_elements() const { return static_cast<std::size_t>(shape().block_elements()); }

  // Values that bf16 holds exactly, none of them 0.
  std::vector<float> plain_values() const {
    std::vector<float> values(static_cast<std::size_t>(images() * shape().elements()));
    Random random(1, RandomPurpose::test);
    for (float& value : values) value = static_cast<float>(random.below(255) + 1) / 8.0f - 16.0625f;
    return values;
  }
  std::vector<bf16> blocked(const std::vector<float>& plain) const {
    std::vector<bf16> block(block_elements(), to_bf16(99.0f));
    to_blocked(shape(), images(), plain, block);
    return block;
  }
};

INSTANTIATE_TEST_SUITE_P(Shapes, Layout,
                         testing::Values(Case{{1, 1, 1}, 1}, Case{{32, 1, 1}, 32}, Case{{33, 3, 5}, 31},
                                         Case{{31, 7, 1}, 17}, Case{{64, 15, 15}, 32}, Case{{24, 31, 31}, 3},
                                         Case{{100, 1, 1}, 32}, Case{{96, 2, 9}, 0}),
                         [](const auto& test) { return test.param.name(); });

TEST_P(Layout, RoundTrips) {
  const auto plain = plain_values();
  std::vector<float> restored(plain.size());
  from_blocked(shape(), images(), blocked(plain), restored);
  EXPECT_EQ(restored, plain);
}

TEST_P(Layout, IsZeroInAllPaddingAndOnlyThere) {
  const auto block = blocked(plain_values());
  std::size_t zeros = 0;
  for (const bf16 value : block) zeros += to_float(value) == 0.0f;
  EXPECT_EQ(zeros, block.size() - static_cast<std::size_t>(images() * shape().elements()));
}

TEST_P(Layout, GivesEachElementAPlaceOfItsOwn) {
  std::set<std::int64_t> places;
  for (int image = 0; image < images(); ++image) {
    for (int channel = 0; channel < shape().channels; ++channel) {
      for (int y = 0; y < shape().height; ++y) {
        for (int x = 0; x < shape().width; ++x) places.insert(blocked_index(shape(), image, channel, y, x));
      }
    }
  }
  ASSERT_EQ(places.size(), static_cast<std::size_t>(images() * shape().elements()));
  if (places.empty()) return;
  EXPECT_GE(*places.begin(), 0);
  EXPECT_LT(*places.rbegin(), shape().block_elements());
}

TEST(LayoutOfATile, HoldsAPositionsImagesAsRowsOf32Channels) {
  const Shape shape{64, 4, 4};
  EXPECT_EQ(blocked_index(shape, 0, 0, 0, 0), 0);
  EXPECT_EQ(blocked_index(shape, 0, 1, 0, 0), 1);
  EXPECT_EQ(blocked_index(shape, 1, 0, 0, 0), 32);
  EXPECT_EQ(blocked_index(shape, 0, 0, 0, 1), 512);
  EXPECT_EQ(blocked_index(shape, 0, 0, 1, 0), 4 * 512);
  EXPECT_EQ(blocked_index(shape, 0, 32, 0, 0), 16 * 512);
  EXPECT_EQ(blocked_index(shape, 16, 0, 0, 0), 2 * 16 * 512);
}

TEST(ShapeText, IsChannelsHeightWidth) {
  EXPECT_EQ(to_string(Shape{64, 15, 7}), "64x15x7");
}

}  // namespace
}  // namespace ftl
