#include "kernels/tile_product/tile_product.hpp"

#include "kernels/registry.hpp"
#include "kernels/test_support.hpp"

namespace ftl::kernels {
namespace {

using namespace test;

// Random tiles and their products in double.
struct Problem {
  explicit Problem(int term_count) {
    for (int term = 0; term < term_count; ++term) {
      rows.push_back(random_values(random, kTileRows * kTileDepth));
      columns.push_back(random_values(random, kTileDepth * kTileColumns));
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
    return {terms.data(), static_cast<int>(terms.size()), row_tiles.data(), column_tiles.data()};
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

  Random random{13, RandomPurpose::test};
  std::vector<std::vector<float>> rows, columns;
  std::vector<bf16> row_tiles, column_tiles;
  std::vector<TileTerm> terms;
};

class TileProductTest : public testing::TestWithParam<Isa> {
 protected:
  const TileProductKernels& kernels = kernels_for(GetParam()).tile_product;
};

TEST_P(TileProductTest, SumsTheProductsOfTheFirstRows) {
  for (const int term_count : {0, 1, 2, 7, 100}) {
    const Problem problem(term_count);
    const double magnitude = 1.0 + term_count * kTileDepth;  // all values are within [-1, 1]
    for (const int row_count : {16, 32}) {
      for (const bool accumulate : {false, true}) {
        SCOPED_TRACE(fmt::format("{} terms, {} rows, {}", term_count, row_count,
                                 accumulate ? "added" : "overwritten"));
        std::vector<float> result(kTileRows * kTileColumns, 0.75f);
        kernels.begin();
        kernels.multiply(problem.sum(), row_count, accumulate, result.data());
        kernels.end();
        for (int row = 0; row < kTileRows; ++row) {
          for (int column = 0; column < kTileColumns; ++column) {
            const float value = result[static_cast<std::size_t>(row * kTileColumns + column)];
            if (row >= row_count) {
              ASSERT_EQ(value, 0.75f) << "row " << row << " was not asked for";
            } else {
              ASSERT_NEAR(value, problem.exact(row, column) + (accumulate ? 0.75 : 0.0),
                          float_tolerance(magnitude, magnitude));
            }
          }
        }
      }
    }
  }
}

FTL_FOR_EVERY_ISA(TileProductTest);

}  // namespace
}  // namespace ftl::kernels
