// Products of plain matrices on the tile micro-kernel: bf16 operands, fp32 accumulation, any sizes.
//
// An operand is packed once into tiles of 32 x 32 and may then take part in many products. Tiles are zero
// past the matrix' edges.
#pragma once

#include <cstdint>

#include "base/bfloat16.hpp"
#include "base/thread_pool.hpp"
#include "kernels/product/product.hpp"
#include "tensor/buffer.hpp"

namespace ftl::kernels {

// fp32 [rows][columns] without gaps.
struct MatrixView {
  const float* values = nullptr;
  int rows = 0;
  int columns = 0;
};

// A left operand: tiles [row block][column block] of TileTerm::rows. Keeps its memory from one packing to the
// next.
struct RowTiles {
  int rows = 0;
  int columns = 0;
  Buffer tiles;
};

// A right operand: tiles [column block][row block] of TileTerm::columns. Keeps its memory likewise.
struct ColumnTiles {
  int rows = 0;
  int columns = 0;
  Buffer tiles;
};

// Rounds a matrix to bf16 as a left operand.
void pack_rows(ThreadPool& threads, const TileProductKernels& kernels, const MatrixView& matrix,
               RowTiles& packed);
// The packed matrix itself as a right operand.
void pack_columns(ThreadPool& threads, const TileProductKernels& kernels, const RowTiles& matrix,
                  ColumnTiles& packed);
// The packed matrix' transpose as a right operand.
void pack_transposed(ThreadPool& threads, const TileProductKernels& kernels, const RowTiles& matrix,
                     ColumnTiles& packed);

// c = scale * a b + addend_scale * addend; c is fp32 [a.rows][b.columns], and addend, of the same size, may
// be c itself or null.
struct MatrixProduct {
  const RowTiles& a;
  const ColumnTiles& b;
  float* c = nullptr;
  float scale = 1;
  const float* addend = nullptr;
  float addend_scale = 0;
  bool symmetric = false;  // promised of c (and of addend, which then must not be c): half of it is mirrored
};

// Throws std::invalid_argument if the sizes do not fit. The result does not depend on the number of threads.
void matrix_product(ThreadPool& threads, const TileProductKernels& kernels, const MatrixProduct& product);

}  // namespace ftl::kernels
