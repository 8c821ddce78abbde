// Products that share what they load, against their definition.
#include <array>
#include <limits>
#include <vector>

#include "kernels/product/shared_products.hpp"
#include "kernels/registry.hpp"
#include "kernels/test_support.hpp"

namespace ftl::kernels {
namespace {

using namespace test;

constexpr int kSums = kHalfRows * kHalfColumns;

// Tiles of 16 x 32 bf16, or 16 x 64 integers: random numbers that both kinds of sums hold exactly.
class Tiles {
 public:
  Tiles(Random& random, std::int64_t count, bool of_integers)
      : int8_(of_integers), memory_(static_cast<std::size_t>(count * kHalfOperand)) {
    for (bf16& element : memory_) {
      element = int8_ ? static_cast<bf16>(random.below(1 << 16)) : to_bf16(random.uniform(-1, 1));
    }
  }

  const bf16* data() const { return memory_.data(); }
  int depth() const { return int8_ ? kInt8Depth : kTileDepth; }
  double row(std::int64_t tile, int r, int k) const {
    return at(tile, static_cast<std::int64_t>(r) * depth() + k);
  }
  double column(std::int64_t tile, int k, int n) const {
    return at(tile, int8_ ? int8_index(k, n) : paired_index(k, n));
  }
  void spoil(std::int64_t tile) {
    const bf16 spoilt = int8_ ? bf16{0x7f7f} : to_bf16(std::numeric_limits<float>::quiet_NaN());
    std::fill_n(memory_.begin() + tile * kHalfOperand, kHalfOperand, spoilt);
  }

 private:
  double at(std::int64_t tile, std::int64_t i) const {
    const bf16* elements = memory_.data() + tile * kHalfOperand;
    if (!int8_) return to_float(elements[i]);
    return reinterpret_cast<const std::int8_t*>(elements)[i];
  }

  bool int8_;
  std::vector<bf16> memory_;
};

double product(const Tiles& rows, std::int64_t row_tile, const Tiles& columns, std::int64_t column_tile,
               int r, int n) {
  double sum = 0;
  for (int k = 0; k < rows.depth(); ++k) sum += rows.row(row_tile, r, k) * columns.column(column_tile, k, n);
  return sum;
}

void expect_sum(float stored, bool int8, double exact, double terms) {
  if (int8) {
    std::int32_t integer = 0;
    std::memcpy(&integer, &stored, sizeof(integer));
    ASSERT_EQ(integer, exact);
  } else {
    ASSERT_NEAR(stored, exact, float_tolerance(terms, terms));
  }
}

// Counts its steps, and holds what was in the former place when they were done.
struct Witness {
  const float* place = nullptr;
  std::vector<float> seen{};
  std::vector<int> steps{};

  Interlude interlude(int first, int last) {
    return {.step =
                [](void* self, int i) {
                  auto* witness = static_cast<Witness*>(self);
                  witness->steps.push_back(i);
                  if (witness->place != nullptr) witness->seen.push_back(*witness->place);
                },
            .context = this,
            .next = first,
            .last = last};
  }
};

enum class Lower { next_line, other_images };

struct QuadCase {
  int height;  // of the picture
  int width;
  int lines;
  int places;
  int y;  // of the window's corner, inside or not
  int x;
  Lower lower = Lower::next_line;
  int channel_blocks = 1;
};

// A picture of [half of the images][channel block][height][width] tiles, lines along its height.
struct QuadProblem {
  QuadProblem(const QuadCase& of, bool of_integers)
      : c(of),
        int8(of_integers),
        rows(random, 2 * half_tiles(), int8),
        columns(random, std::int64_t{c.channel_blocks} * c.lines * c.places, int8) {}

  std::int64_t half_tiles() const { return std::int64_t{c.channel_blocks} * c.height * c.width; }

  QuadSum sum(float* result) const {
    const int lower_line = c.lower == Lower::next_line ? 1 : 0;
    const auto elements = [](std::int64_t tiles) { return tiles * kHalfOperand; };
    return {.lines = c.lines,
            .places = c.places,
            .first_line = std::max(0, -c.y),
            .last_line = std::min(c.height - c.y, c.lines + lower_line),
            .first_place = std::max(0, -c.x),
            .last_place = std::min(c.width - c.x, c.places + 1),
            .lower_line = lower_line,
            .channel_blocks = c.channel_blocks,
            .rows = rows.data(),
            .corner = elements(std::int64_t{c.y} * c.width + c.x),
            .line_distance = elements(c.width),
            .place_distance = elements(1),
            .channel_block_rows = elements(std::int64_t{c.height} * c.width),
            .lower_distance = elements(lower_line == 1 ? c.width : half_tiles()),
            .columns = columns.data(),
            .line_columns = elements(c.places),
            .place_columns = elements(1),
            .channel_block_columns = elements(std::int64_t{c.lines} * c.places),
            .int8 = int8,
            .result = result};
  }

  double exact(int position, int image, int n) const {
    double sum = 0;
    const int lower = position / 2;
    for (int block = 0; block < c.channel_blocks; ++block) {
      for (int line = 0; line < c.lines; ++line) {
        for (int place = 0; place < c.places; ++place) {
          const int y = c.y + line + (c.lower == Lower::next_line ? lower : 0);
          const int x = c.x + place + position % 2;
          if (y < 0 || y >= c.height || x < 0 || x >= c.width) continue;
          const std::int64_t half = c.lower == Lower::other_images ? lower * half_tiles() : 0;
          const std::int64_t tile = half + (std::int64_t{block} * c.height + y) * c.width + x;
          sum += product(rows, tile, columns, (std::int64_t{block} * c.lines + line) * c.places + place,
                         image, n);
        }
      }
    }
    return sum;
  }

  void expect(const std::vector<float>& result) const {
    const double terms = static_cast<double>(c.channel_blocks) * c.lines * c.places * kTileDepth;
    for (int position = 0; position < 4; ++position) {
      for (int i = 0; i < kSums; ++i) {
        SCOPED_TRACE(
            fmt::format("position {}, image {}, output {}", position, i / kHalfColumns, i % kHalfColumns));
        expect_sum(result[static_cast<std::size_t>(position * kSums + i)], int8,
                   exact(position, i / kHalfColumns, i % kHalfColumns), terms);
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  }

  QuadCase c;
  bool int8;
  Random random{23, RandomPurpose::test};
  Tiles rows, columns;
};

class SharedProductTest : public testing::TestWithParam<Isa> {
 protected:
  const TileProductKernels& kernels = kernels_for(GetParam()).tile_product;
};

// One quad after the other, as a pass computes them.
TEST_P(SharedProductTest, QuadsSumTheProductsInsideThePicture) {
  const std::vector<QuadCase> cases{
      {2, 2, 1, 1, 0, 0},                         // the smallest
      {5, 6, 3, 3, 1, 1},                         // inside
      {5, 6, 3, 3, -1, -1},                       // over the upper left corner
      {3, 3, 3, 3, 1, 1, Lower::next_line, 3},    // over the lower right one
      {2, 2, 3, 3, -1, -1, Lower::next_line, 2},  // over all
      {4, 5, 2, 3, -1, 2},                        // sides that differ
      {2, 3, 5, 2, -2, 0},                        // lines without any
      {3, 4, 9, 1, -4, 0},                        // of upper positions alone, of lower ones, of both
      {3, 4, 2, 2, -1, 1, Lower::other_images},   // of all images
      {4, 3, 3, 3, 2, -1, Lower::other_images, 2},
  };
  for (const bool int8 : {false, true}) {
    std::vector<float> results[2];
    float* former = nullptr;
    kernels.begin();
    for (std::size_t i = 0; i <= cases.size(); ++i) {
      std::vector<float>& result = results[i % 2];
      Witness witness{.place = former};
      if (i < cases.size()) {
        const QuadProblem problem(cases[i], int8);
        result.assign(4 * kSums, 0.75f);
        Interlude interlude = witness.interlude(3, 3 + static_cast<int>(i) * 4);
        kernels.shared.multiply_quad(problem.sum(result.data()), interlude, former);
        ASSERT_EQ(witness.steps.size(), i * 4);
        former = result.data();
      } else {
        kernels.shared.store_quad(former);
      }
      if (i == 0) continue;
      SCOPED_TRACE(fmt::format("case {}, {}", i - 1, int8 ? "int8" : "bf16"));
      const std::vector<float>& finished = results[1 - i % 2];
      QuadProblem(cases[i - 1], int8).expect(finished);
      if (HasFatalFailure()) return;
      for (const float seen : witness.seen) EXPECT_EQ(std::memcmp(&seen, finished.data(), sizeof(seen)), 0);
    }
    kernels.end();
  }
}

struct TapCase {
  int picture_rows;
  int positions;
  bool first_tap_starts;
  bool last_tap_ends;
  std::int64_t row_distance;
};

struct TapProblem {
  TapProblem(const TapCase& of, bool of_integers)
      : c(of),
        int8(of_integers),
        rows(random, std::int64_t{c.picture_rows} * (c.positions + 2), int8),
        columns(random, std::int64_t{c.picture_rows} * c.positions, int8) {
    for (int row = 0; row < c.picture_rows; ++row) {
      const int first = row * (c.positions + 2);
      if (!c.first_tap_starts) rows.spoil(first);
      if (!c.last_tap_ends) rows.spoil(first + c.positions + 1);
      terms.push_back({first * kHalfOperand, row * c.positions * kHalfOperand});
    }
  }

  std::int64_t tap_distance() const { return kHalfRows * c.row_distance + 32; }
  std::size_t result_size() const { return static_cast<std::size_t>(3 * tap_distance()); }

  TapSums sums(bool accumulate, float* result) const {
    return {.picture_rows = terms.data(),
            .picture_row_count = c.picture_rows,
            .positions = c.positions,
            .first_tap_starts = c.first_tap_starts,
            .last_tap_ends = c.last_tap_ends,
            .rows = rows.data(),
            .columns = columns.data(),
            .int8 = int8,
            .accumulate = accumulate,
            .results = {result, c.row_distance, tap_distance()}};
  }

  double exact(int tap, int r, int n) const {
    double sum = 0;
    for (int row = 0; row < c.picture_rows; ++row) {
      for (int position = 0; position < c.positions; ++position) {
        if (tap == 0 && position == 0 && !c.first_tap_starts) continue;
        if (tap == 2 && position + 1 == c.positions && !c.last_tap_ends) continue;
        sum += product(rows, std::int64_t{row} * (c.positions + 2) + position + tap, columns,
                       std::int64_t{row} * c.positions + position, r, n);
      }
    }
    return sum;
  }

  void expect(const std::vector<float>& result, double before) const {
    const double terms_of_sum = 1.0 + c.picture_rows * c.positions * kTileDepth;
    for (int tap = 0; tap < 3; ++tap) {
      for (int i = 0; i < kSums; ++i) {
        const int r = i / kHalfColumns;
        const int n = i % kHalfColumns;
        SCOPED_TRACE(fmt::format("tap {}, row {}, column {}", tap, r, n));
        expect_sum(result[static_cast<std::size_t>(tap * tap_distance() + r * c.row_distance + n)], int8,
                   before + exact(tap, r, n), terms_of_sum);
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  }

  TapCase c;
  bool int8;
  Random random{29, RandomPurpose::test};
  Tiles rows, columns;
  std::vector<TileTerm> terms;
};

TEST_P(SharedProductTest, TapsSumTheProductsAlongThePicturesRows) {
  const std::vector<TapCase> cases{
      {1, 1, false, false, 16}, {1, 1, true, true, 16}, {2, 2, false, true, 32}, {3, 3, true, false, 32},
      {1, 4, false, false, 32}, {2, 8, true, true, 16}, {5, 7, false, false, 48}};
  for (const bool int8 : {false, true}) {
    for (const bool accumulate : {false, true}) {
      if (int8 && accumulate) continue;
      std::vector<float> results[2];
      TapResults former;
      kernels.begin();
      for (std::size_t i = 0; i <= cases.size(); ++i) {
        std::vector<float>& result = results[i % 2];
        Witness witness{.place = former.first};
        if (i < cases.size()) {
          const TapProblem problem(cases[i], int8);
          result.assign(problem.result_size(), 0.75f);
          const TapSums sums = problem.sums(accumulate, result.data());
          Interlude interlude = witness.interlude(0, static_cast<int>(i) * 5);
          kernels.shared.add_tap_products(sums, interlude, former);
          ASSERT_EQ(witness.steps.size(), i * 5);
          former = sums.results;
        } else {
          kernels.shared.store_taps(former);
        }
        if (i == 0) continue;
        SCOPED_TRACE(
            fmt::format("case {}, {}{}", i - 1, int8 ? "int8" : "bf16", accumulate ? ", added" : ""));
        const std::vector<float>& finished = results[1 - i % 2];
        TapProblem(cases[i - 1], int8).expect(finished, accumulate ? 0.75 : 0);
        if (HasFatalFailure()) return;
        for (const float seen : witness.seen) EXPECT_EQ(std::memcmp(&seen, finished.data(), sizeof(seen)), 0);
      }
      kernels.end();
    }
  }
}

FTL_FOR_EVERY_ISA(SharedProductTest);

}  // namespace
}  // namespace ftl::kernels
