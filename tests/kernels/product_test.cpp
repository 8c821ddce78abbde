#include "kernels/product/product.hpp"

#include "kernels/registry.hpp"
#include "kernels/test_support.hpp"

namespace ftl::kernels {
namespace {

using namespace test;

// Random tiles, of which `depth` columns and rows are not zero, and their products in double.
struct Problem {
  Problem(int term_count, int depth_of_all) : depth(depth_of_all) {
    for (int term = 0; term < term_count; ++term) {
      rows.push_back(random_values(random, kTileRows * kTileDepth));
      columns.push_back(random_values(random, kTileDepth * kTileColumns));
      for (int i = 0; i < kTileRows * kTileDepth; ++i) {
        if (i % kTileDepth >= depth) rows.back()[static_cast<std::size_t>(i)] = 0;
        if (i / kTileColumns >= depth) columns.back()[static_cast<std::size_t>(i)] = 0;
      }
      for (const float value : rows.back()) row_tiles.push_back(to_bf16(value));
      terms.push_back({term * kTileRows * kTileDepth, term * kTileDepth * kTileColumns});
      column_tiles.resize(column_tiles.size() + columns.back().size());
      for (int k = 0; k < kTileDepth; ++k) {
        for (int n = 0; n < kTileColumns; ++n) {
          column_tiles[static_cast<std::size_t>(terms.back().columns + paired_index(k, n))] =
              to_bf16(columns.back()[static_cast<std::size_t>(k * kTileColumns + n)]);
        }
      }
    }
  }

  TileSum sum() const {
    return {.terms = terms.data(),
            .term_count = static_cast<int>(terms.size()),
            .rows = row_tiles.data(),
            .columns = column_tiles.data(),
            .depth = depth};
  }

  double exact(int row, int column) const {
    double sum = 0;
    for (std::size_t term = 0; term < rows.size(); ++term) {
      for (int k = 0; k < kTileDepth; ++k) {
        sum += static_cast<double>(rows[term][static_cast<std::size_t>(row * kTileDepth + k)]) *
               columns[term][static_cast<std::size_t>(k * kTileColumns + column)];
      }
    }
    return sum;
  }

  int depth;
  Random random{13, RandomPurpose::test};
  std::vector<std::vector<float>> rows, columns;
  std::vector<bf16> row_tiles, column_tiles;
  std::vector<TileTerm> terms;
};

class TileProductTest : public testing::TestWithParam<Isa> {
 protected:
  const TileProductKernels& kernels = kernels_for(GetParam()).tile_product;
};

TEST_P(TileProductTest, SumsProductsOf8BitIntegers) {
  constexpr int kTerms = 3;
  constexpr float kScale = 0.25f;
  Random random{17, RandomPurpose::test};
  const auto integers = [&] {
    std::vector<std::int8_t> values(kTerms * kTileRows * kInt8Depth);
    for (std::int8_t& value : values) value = static_cast<std::int8_t>(random.below(255));
    return values;
  };
  const std::vector<std::int8_t> rows = integers();  // [term][row][k]
  const std::vector<std::int8_t> columns = integers();
  const std::vector<TileTerm> terms{{0, 0}, {kOperand, kOperand}, {2 * kOperand, 2 * kOperand}};
  const TileSum sum{.terms = terms.data(),
                    .term_count = kTerms,
                    .rows = reinterpret_cast<const bf16*>(rows.data()),
                    .columns = reinterpret_cast<const bf16*>(columns.data()),
                    .int8 = true,
                    .scale = kScale};
  for (const int row_count : {1, 16, 24, 32}) {
    for (const bool accumulate : {false, true}) {
      std::vector<float> result(kTileRows * kTileColumns, 0.75f);
      kernels.begin();
      kernels.multiply(sum, row_count, accumulate, result.data());
      kernels.end();
      for (int row = 0; row < row_count; ++row) {
        for (int column = 0; column < kTileColumns; ++column) {
          double exact = 0;
          for (int term = 0; term < kTerms; ++term) {
            for (int k = 0; k < kInt8Depth; ++k) {
              const int at = term * kTileRows * kInt8Depth;
              exact += rows[static_cast<std::size_t>(at + row * kInt8Depth + k)] *
                       columns[static_cast<std::size_t>(at + int8_index(k, column))];
            }
          }
          const double expected = kScale * exact + (accumulate ? 0.75 : 0);
          ASSERT_NEAR(result[static_cast<std::size_t>(row * kTileColumns + column)], expected, 0.5)
              << row << " " << column << " of " << row_count;
        }
      }
    }
  }
}

// Sums of many of the largest integers of both signs: beyond what fp32 or 16 bits could count, and the same
// on every instruction set.
TEST_P(TileProductTest, SumsOf8BitIntegersAreExact) {
  constexpr int kTiles = 4;
  constexpr int kTerms = 600;
  constexpr int kTileBytes = kTileRows * kInt8Depth;
  Random random{19, RandomPurpose::test};
  const auto extremes = [&] {
    std::vector<std::int8_t> values(kTiles * kTileBytes);
    constexpr std::int8_t kExtremes[] = {-128, 127, -127, -128};
    for (std::int8_t& value : values) value = kExtremes[random.below(4)];
    // One tile each of nothing but the smallest, so that sums are as large as they can be.
    std::fill_n(values.begin(), kTileBytes, std::int8_t{-128});
    return values;
  };
  const std::vector<std::int8_t> rows = extremes();
  const std::vector<std::int8_t> columns = extremes();
  std::vector<TileTerm> terms;
  for (int term = 0; term < kTerms; ++term) {
    const int tile = term % 8 == 0 ? 1 + term / 8 % (kTiles - 1) : 0;
    terms.push_back({tile * kOperand, tile * kOperand});
  }
  const TileSum sum{.terms = terms.data(),
                    .term_count = kTerms,
                    .rows = reinterpret_cast<const bf16*>(rows.data()),
                    .columns = reinterpret_cast<const bf16*>(columns.data()),
                    .int8 = true};
  std::vector<float> result(kTileRows * kTileColumns);
  kernels.begin();
  kernels.multiply(sum, kTileRows, false, result.data());
  kernels.end();
  for (int row = 0; row < kTileRows; ++row) {
    for (int column = 0; column < kTileColumns; ++column) {
      std::int64_t exact = 0;
      for (const TileTerm& term : terms) {
        for (int k = 0; k < kInt8Depth; ++k) {
          exact += rows[static_cast<std::size_t>(2 * term.rows + row * kInt8Depth + k)] *
                   columns[static_cast<std::size_t>(2 * term.columns + int8_index(k, column))];
        }
      }
      ASSERT_GT(exact, 1 << 25);
      ASSERT_EQ(result[static_cast<std::size_t>(row * kTileColumns + column)], static_cast<float>(exact))
          << row << " " << column;
    }
  }
}

TEST_P(TileProductTest, SumsTheProductsOfTheFirstRows) {
  struct Size {
    int terms;
    int depth;
  };
  for (const Size& size : {Size{0, 32}, Size{1, 32}, Size{2, 24}, Size{3, 5}, Size{7, 32}, Size{100, 32}}) {
    const Problem problem(size.terms, size.depth);
    const double magnitude = 1.0 + size.terms * kTileDepth;  // all values are within [-1, 1]
    for (const int row_count : {1, 16, 24, 32}) {
      for (const bool accumulate : {false, true}) {
        SCOPED_TRACE(fmt::format("{} terms of depth {}, {} rows, {}", size.terms, size.depth, row_count,
                                 accumulate ? "added" : "overwritten"));
        std::vector<float> result(kTileRows * kTileColumns, 0.75f);
        kernels.begin();
        kernels.multiply(problem.sum(), row_count, accumulate, result.data());
        kernels.end();
        for (int row = 0; row < row_count; ++row) {
          for (int column = 0; column < kTileColumns; ++column) {
            ASSERT_NEAR(result[static_cast<std::size_t>(row * kTileColumns + column)],
                        problem.exact(row, column) + (accumulate ? 0.75 : 0.0),
                        float_tolerance(magnitude, magnitude));
          }
        }
      }
    }
  }
}

// What a table says of its products: whole tiles are a multiple of an instruction's depth, and integers are
// never slower than the bf16 that stand in for them.
TEST_P(TileProductTest, SaysHowItMultiplies) {
  for (const ProductRate& rate : {kernels.bf16_rate, kernels.int8_rate}) {
    EXPECT_STRNE(rate.instruction, "");
    EXPECT_EQ(kInt8Depth % rate.depth, 0);
  }
  EXPECT_GE(kernels.bf16_rate.multiply_adds, 1);
  EXPECT_GE(kernels.int8_rate.multiply_adds, kernels.bf16_rate.multiply_adds);
}

FTL_FOR_EVERY_ISA(TileProductTest);

}  // namespace
}  // namespace ftl::kernels
