// The tile micro-kernel in its plainest form, so that the optimisers are tested apart from any instruction
// set.
#pragma once

#include "kernels/product/product.hpp"

namespace ftl::optim::test {

inline void multiply(const kernels::TileSum& tiles, int row_count, bool accumulate, float* result) {
  for (int row = 0; row < row_count; ++row) {
    for (int column = 0; column < kernels::kTileColumns; ++column) {
      float sum = accumulate ? result[row * kernels::kTileColumns + column] : 0.0f;
      for (int term = 0; term < tiles.term_count; ++term) {
        const bf16* rows =
            tiles.rows + tiles.terms[term].rows + row / kernels::kHalfRows * tiles.row_half_distance;
        const bf16* columns = tiles.columns + tiles.terms[term].columns +
                              column / kernels::kHalfColumns * tiles.column_half_distance;
        for (int k = 0; k < kernels::kTileDepth; ++k) {
          sum += to_float(rows[row % kernels::kHalfRows * kernels::kTileDepth + k]) *
                 to_float(columns[kernels::paired_index(k, column % kernels::kHalfColumns)]);
        }
      }
      result[row * kernels::kTileColumns + column] = sum;
    }
  }
}

inline void pack_rows(const float* values, std::int64_t stride, bf16* rows) {
  for (int row = 0; row < kernels::kTileRows; ++row) {
    for (int k = 0; k < kernels::kTileDepth; ++k)
      rows[row * kernels::kTileDepth + k] = to_bf16(values[row * stride + k]);
  }
}

inline void pair_rows(const kernels::Halves<const bf16>& rows, const kernels::Halves<bf16>& columns) {
  for (int k = 0; k < kernels::kTileDepth; ++k) {
    const bf16* row =
        (k < kernels::kHalfRows ? rows.first : rows.second) + k % kernels::kHalfRows * kernels::kTileColumns;
    for (int column = 0; column < kernels::kTileColumns; ++column) {
      bf16* half = column < kernels::kHalfColumns ? columns.first : columns.second;
      half[kernels::paired_index(k, column % kernels::kHalfColumns)] = row[column];
    }
  }
}

inline void pair_columns(const kernels::Halves<const bf16>& rows, const kernels::Halves<bf16>& columns) {
  for (int row = 0; row < kernels::kTileRows; ++row) {
    // In names of their own: GCC 12 with -fsanitize=undefined takes the wrong half in one expression.
    const bf16* from = row < kernels::kHalfRows ? rows.first : rows.second;
    bf16* to = row < kernels::kHalfRows ? columns.first : columns.second;
    for (int k = 0; k < kernels::kTileDepth; ++k) {
      to[kernels::paired_index(k, row % kernels::kHalfRows)] =
          from[row % kernels::kHalfRows * kernels::kTileDepth + k];
    }
  }
}

inline void transpose(const kernels::Halves<const bf16>& rows, const kernels::Halves<bf16>& to) {
  for (int k = 0; k < kernels::kTileDepth; ++k) {
    for (int row = 0; row < kernels::kTileRows; ++row) {
      const bf16* from = row < kernels::kHalfRows ? rows.first : rows.second;
      bf16* half = k < kernels::kHalfRows ? to.first : to.second;
      half[k % kernels::kHalfRows * kernels::kTileRows + row] =
          from[row % kernels::kHalfRows * kernels::kTileDepth + k];
    }
  }
}

inline constexpr kernels::TileProductKernels kScalarTileProduct{.multiply = multiply,
                                                                .burn = [](long) {},
                                                                .burn_int8 = [](long) {},
                                                                .begin = [] {},
                                                                .end = [] {},
                                                                .pack_rows = pack_rows,
                                                                .pair_rows = pair_rows,
                                                                .pair_columns = pair_columns,
                                                                .transpose = transpose,
                                                                .shared = {}};

}  // namespace ftl::optim::test
