// The tile micro-kernel in its plainest form, so that the optimisers are tested apart from any instruction
// set.
#pragma once

#include "kernels/tile_product/tile_product.hpp"

namespace ftl::optim::test {

inline void multiply(const kernels::TileSum& tiles, int row_count, bool accumulate, float* result) {
  for (int row = 0; row < row_count; ++row) {
    for (int column = 0; column < kernels::kTileColumns; ++column) {
      float sum = accumulate ? result[row * kernels::kTileColumns + column] : 0.0f;
      for (int term = 0; term < tiles.term_count; ++term) {
        const bf16* rows =
            tiles.rows + tiles.terms[term].rows + row / kernels::kHalfRows * tiles.half_distance;
        const bf16* columns = tiles.columns + tiles.terms[term].columns;
        for (int k = 0; k < kernels::kTileDepth; ++k) {
          sum += to_float(rows[row % kernels::kHalfRows * kernels::kTileDepth + k]) *
                 to_float(columns[(k / 2) * 64 + column * 2 + k % 2]);
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

inline void pair_rows(const bf16* rows, bf16* columns) {
  for (int k = 0; k < kernels::kTileDepth; ++k) {
    for (int column = 0; column < kernels::kTileColumns; ++column) {
      columns[(k / 2) * 64 + column * 2 + k % 2] = rows[k * kernels::kTileColumns + column];
    }
  }
}

inline void transpose(const bf16* rows, bf16* to) {
  for (int k = 0; k < kernels::kTileDepth; ++k) {
    for (int row = 0; row < kernels::kTileRows; ++row) {
      to[k * kernels::kTileRows + row] = rows[row * kernels::kTileDepth + k];
    }
  }
}

inline constexpr kernels::TileProductKernels kScalarTileProduct{.multiply = multiply,
                                                                .burn = [](long) {},
                                                                .begin = [] {},
                                                                .end = [] {},
                                                                .pack_rows = pack_rows,
                                                                .pair_rows = pair_rows,
                                                                .transpose = transpose};

}  // namespace ftl::optim::test
