#include "kernels/matrix_product/matrix_product.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kernels/registry.hpp"
#include "kernels/test_support.hpp"

namespace ftl::kernels {
namespace {

struct Matrix {
  Matrix(int row_count, int column_count) : rows(row_count), columns(column_count) {
    values.resize(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns));
  }
  float& at(int row, int column) { return values[static_cast<std::size_t>(row * columns + column)]; }
  MatrixView view() const { return {values.data(), rows, columns}; }

  int rows, columns;
  std::vector<float> values;
};

// Values that bf16 holds exactly, so that only the order of the sum differs from the expectation.
Matrix random_matrix(int rows, int columns, std::uint32_t stream) {
  Matrix matrix(rows, columns);
  Random random(3, RandomPurpose::test, stream);
  for (float& value : matrix.values) value = to_float(to_bf16(random.normal()));
  return matrix;
}

class MatrixProductIsa : public testing::TestWithParam<Isa> {
 protected:
  const TileProductKernels& tile_product = kernels_for(GetParam()).tile_product;
  ThreadPool threads{2};
};

TEST_P(MatrixProductIsa, AgreesWithDoubleAtAwkwardSizes) {
  struct Sizes {
    int m, n, k;
  };
  for (const auto [m, n, k] : {Sizes{1, 1, 1}, Sizes{2, 3, 5}, Sizes{16, 32, 32}, Sizes{17, 33, 31},
                               Sizes{64, 40, 216}, Sizes{33, 300, 2100}, Sizes{5, 1, 64}}) {
    SCOPED_TRACE(testing::Message() << m << "x" << n << "x" << k);
    Matrix a = random_matrix(m, k, 1), b = random_matrix(k, n, 2), c = random_matrix(m, n, 3);
    const Matrix before = c;
    RowTiles a_tiles, b_rows;
    ColumnTiles b_tiles;
    pack_rows(threads, tile_product, a.view(), a_tiles);
    pack_rows(threads, tile_product, b.view(), b_rows);
    pack_columns(threads, tile_product, b_rows, b_tiles);
    matrix_product(threads, tile_product,
                   {.a = a_tiles,
                    .b = b_tiles,
                    .c = c.values.data(),
                    .scale = 2,
                    .addend = c.values.data(),
                    .addend_scale = -0.5f});
    for (int row = 0; row < m; ++row) {
      for (int column = 0; column < n; ++column) {
        double sum = 0, magnitude = 1;
        for (int i = 0; i < k; ++i) {
          const double term = double{a.at(row, i)} * b.at(i, column);
          sum += term;
          magnitude += std::abs(term);
        }
        const double expected = 2 * sum - 0.5 * before.values[static_cast<std::size_t>(row * n + column)];
        ASSERT_NEAR(c.at(row, column), expected, 2e-6 * magnitude) << row << ", " << column;
      }
    }
  }
}

TEST_P(MatrixProductIsa, SymmetricProductWithItsOwnTransposeIsMirrored) {
  Matrix x = random_matrix(75, 130, 4), c(75, 75), plain(75, 75);
  RowTiles rows;
  ColumnTiles transposed;
  pack_rows(threads, tile_product, x.view(), rows);
  pack_transposed(threads, tile_product, rows, transposed);
  matrix_product(threads, tile_product, {.a = rows, .b = transposed, .c = plain.values.data()});
  matrix_product(threads, tile_product,
                 {.a = rows, .b = transposed, .c = c.values.data(), .symmetric = true});
  for (int row = 0; row < 75; ++row) {
    for (int column = 0; column < 75; ++column) {
      double expected = 0;
      for (int i = 0; i < 130; ++i) expected += double{x.at(row, i)} * x.at(column, i);
      ASSERT_NEAR(c.at(row, column), expected, 1e-3) << row << ", " << column;
      ASSERT_NEAR(c.at(row, column), plain.at(row, column), 1e-3) << row << ", " << column;
    }
  }
}

TEST_P(MatrixProductIsa, SameBitsOnAnyNumberOfThreads) {
  Matrix a = random_matrix(100, 90, 5), b = random_matrix(90, 400, 6);
  std::vector<std::vector<float>> results;
  for (const int count : {1, 2, 3}) {
    ThreadPool pool(count);
    Matrix c(100, 400);
    RowTiles a_tiles, b_rows;
    ColumnTiles b_tiles;
    pack_rows(pool, tile_product, a.view(), a_tiles);
    pack_rows(pool, tile_product, b.view(), b_rows);
    pack_columns(pool, tile_product, b_rows, b_tiles);
    matrix_product(pool, tile_product, {.a = a_tiles, .b = b_tiles, .c = c.values.data()});
    results.push_back(c.values);
  }
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
}

TEST_P(MatrixProductIsa, ReusedTilesForgetALargerMatrix) {
  Matrix large = random_matrix(70, 70, 7), small = random_matrix(3, 3, 8), c(3, 3);
  RowTiles rows;
  ColumnTiles transposed;
  for (const Matrix* matrix : {&large, &small}) {
    pack_rows(threads, tile_product, matrix->view(), rows);
    pack_transposed(threads, tile_product, rows, transposed);
  }
  matrix_product(threads, tile_product, {.a = rows, .b = transposed, .c = c.values.data()});
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 3; ++column) {
      double expected = 0;
      for (int i = 0; i < 3; ++i) expected += double{small.at(row, i)} * small.at(column, i);
      EXPECT_NEAR(c.at(row, column), expected, 1e-5);
    }
  }
}

FTL_FOR_EVERY_ISA(MatrixProductIsa);

}  // namespace
}  // namespace ftl::kernels
