#include "kernels/matrix_product/matrix_product.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

#include "tensor/layout.hpp"

namespace ftl::kernels {
namespace {

constexpr int kSide = 32;
constexpr int kTileSize = kSide * kSide;
// Output tiles of one work item: enough that its start costs nothing, few enough for many threads.
constexpr int kStripTiles = 8;
constexpr int kTermsAtOnce = 64;

static_assert(kTileRows == kSide && kTileColumns == kSide && kTileDepth == kSide);

int blocks(int elements) {
  return divide_up(elements, kSide);
}

bf16* reserve_tiles(Buffer& buffer, int rows, int columns) {
  const std::int64_t tiles = std::int64_t{blocks(rows)} * blocks(columns);
  const std::int64_t bytes = tiles * kTileSize * std::int64_t{sizeof(bf16)};
  if (buffer.bytes() < bytes) buffer = Buffer(bytes);
  return buffer.as<bf16>();
}

void pack_tile(const TileProductKernels& kernels, const MatrixView& matrix, int first_row, int first_column,
               bf16* tile) {
  const float* values = matrix.values + std::int64_t{first_row} * matrix.columns + first_column;
  const int rows = std::min(kSide, matrix.rows - first_row);
  const int columns = std::min(kSide, matrix.columns - first_column);
  if (rows == kSide && columns == kSide) return kernels.pack_rows(values, matrix.columns, tile);
  alignas(64) std::array<float, kTileSize> padded{};
  for (int row = 0; row < rows; ++row) {
    std::copy_n(values + std::int64_t{row} * matrix.columns, columns, padded.begin() + row * kSide);
  }
  kernels.pack_rows(padded.data(), kSide, tile);
}

// One row of tiles against one column of tiles.
void multiply_tiles(const TileProductKernels& kernels, const bf16* rows, const bf16* columns,
                    int depth_blocks, int row_count, float* result) {
  std::array<TileTerm, kTermsAtOnce> terms;
  for (int term = 0; term < kTermsAtOnce; ++term)
    terms[static_cast<std::size_t>(term)] = {term * kTileSize, term * kTileSize};
  for (int done = 0; done < depth_blocks; done += kTermsAtOnce) {
    const std::int64_t offset = std::int64_t{done} * kTileSize;
    const int count = std::min(kTermsAtOnce, depth_blocks - done);
    kernels.multiply({terms.data(), count, rows + offset, columns + offset}, row_count, done > 0, result);
  }
}

void store_tile(const MatrixProduct& product, const float* tile, int first_row, int first_column) {
  const int rows = std::min(kSide, product.a.rows - first_row);
  const int columns = std::min(kSide, product.b.columns - first_column);
  const int width = product.b.columns;
  for (int row = 0; row < rows; ++row) {
    const float* from = tile + row * kSide;
    const std::int64_t offset = std::int64_t{first_row + row} * width + first_column;
    float* to = product.c + offset;
    if (product.addend != nullptr) {
      const float* addend = product.addend + offset;
      for (int column = 0; column < columns; ++column) {
        to[column] = product.scale * from[column] + product.addend_scale * addend[column];
      }
    } else {
      for (int column = 0; column < columns; ++column) to[column] = product.scale * from[column];
    }
  }
}

void mirror_tile(const MatrixProduct& product, int first_row, int first_column) {
  const int size = product.a.rows;
  for (int column = first_column; column < std::min(first_column + kSide, size); ++column) {
    for (int row = first_row; row < std::min(first_row + kSide, size); ++row) {
      product.c[std::int64_t{column} * size + row] = product.c[std::int64_t{row} * size + column];
    }
  }
}

void multiply_strip(const TileProductKernels& kernels, const MatrixProduct& product, int row_block,
                    int strip) {
  alignas(64) std::array<float, kTileSize> tile;
  const int depth_blocks = blocks(product.a.columns);
  const int first_row = row_block * kSide;
  const int row_count = product.a.rows - first_row <= kSide / 2 ? kSide / 2 : kSide;
  const std::int64_t tiles_of_a_row = std::int64_t{depth_blocks} * kTileSize;
  const bf16* rows = product.a.tiles.as<bf16>() + row_block * tiles_of_a_row;
  const int first_block = product.symmetric ? std::max(strip * kStripTiles, row_block) : strip * kStripTiles;
  const int end_block = std::min((strip + 1) * kStripTiles, blocks(product.b.columns));
  kernels.begin();
  for (int block = first_block; block < end_block; ++block) {
    const bf16* columns = product.b.tiles.as<bf16>() + block * tiles_of_a_row;
    multiply_tiles(kernels, rows, columns, depth_blocks, row_count, tile.data());
    store_tile(product, tile.data(), first_row, block * kSide);
    if (product.symmetric && block > row_block) mirror_tile(product, first_row, block * kSide);
  }
  kernels.end();
}

}  // namespace

void pack_rows(ThreadPool& threads, const TileProductKernels& kernels, const MatrixView& matrix,
               RowTiles& packed) {
  bf16* tiles = reserve_tiles(packed.tiles, matrix.rows, matrix.columns);
  packed.rows = matrix.rows;
  packed.columns = matrix.columns;
  const int across = blocks(matrix.columns);
  threads.parallel_for(blocks(matrix.rows), [&](std::int64_t row, int) {
    for (int column = 0; column < across; ++column) {
      pack_tile(kernels, matrix, static_cast<int>(row) * kSide, column * kSide,
                tiles + (row * across + column) * kTileSize);
    }
  });
}

void pack_columns(ThreadPool& threads, const TileProductKernels& kernels, const RowTiles& matrix,
                  ColumnTiles& packed) {
  bf16* tiles = reserve_tiles(packed.tiles, matrix.rows, matrix.columns);
  packed.rows = matrix.rows;
  packed.columns = matrix.columns;
  const int across = blocks(matrix.columns);
  const int down = blocks(matrix.rows);
  const bf16* from = matrix.tiles.as<bf16>();
  threads.parallel_for(down, [&](std::int64_t row, int) {
    for (int column = 0; column < across; ++column) {
      const bf16* rows = from + (row * across + column) * kTileSize;
      bf16* columns = tiles + (column * down + row) * kTileSize;
      kernels.pair_rows({rows, rows + kHalfOperand}, {columns, columns + kHalfOperand});
    }
  });
}

void pack_transposed(ThreadPool& threads, const TileProductKernels& kernels, const RowTiles& matrix,
                     ColumnTiles& packed) {
  bf16* tiles = reserve_tiles(packed.tiles, matrix.rows, matrix.columns);
  packed.rows = matrix.columns;
  packed.columns = matrix.rows;
  const int across = blocks(matrix.columns);
  const bf16* from = matrix.tiles.as<bf16>();
  threads.parallel_for(blocks(matrix.rows), [&](std::int64_t row, int) {
    for (std::int64_t tile = row * across; tile < (row + 1) * across; ++tile) {
      const bf16* rows = from + tile * kTileSize;
      bf16* columns = tiles + tile * kTileSize;
      kernels.pair_columns({rows, rows + kHalfOperand}, {columns, columns + kHalfOperand});
    }
  });
}

void matrix_product(ThreadPool& threads, const TileProductKernels& kernels, const MatrixProduct& product) {
  if (product.a.columns != product.b.rows) throw std::invalid_argument("matrix_product: inner sizes differ");
  if (product.symmetric && (product.a.rows != product.b.columns || product.addend == product.c)) {
    throw std::invalid_argument("matrix_product: a symmetric result is square and not its own addend");
  }
  // A strip's columns stay in cache from one row of tiles to the next.
  const int row_blocks = blocks(product.a.rows);
  const int strips = divide_up(blocks(product.b.columns), kStripTiles);
  threads.parallel_for(std::int64_t{row_blocks} * strips, [&](std::int64_t item, int) {
    multiply_strip(kernels, product, static_cast<int>(item % row_blocks),
                   static_cast<int>(item / row_blocks));
  });
}

}  // namespace ftl::kernels
