// The one micro-kernel under every convolution, linear layer and matrix product: a 32 x 32 output tile as a
// sum of products of tiles. It is the only thing in them that differs between ISAs. Each way of multiplying
// is a file here, and a row of the table in product_cpu.cpp.
//
// Operands are bf16, or 8-bit integers: then each bf16 is two of them, tiles are as many bytes and twice as
// deep, and tile instructions multiply twice as many numbers in the same time.
#pragma once

#include <cstdint>

#include "base/bfloat16.hpp"
#include "kernels/product/shared_products.hpp"
#include "kernels/product/tile.hpp"

namespace ftl::kernels {

// What an output tile is a sum of.
struct TileSum {
  const TileTerm* terms = nullptr;
  int term_count = 0;  // may be 0
  const bf16* rows = nullptr;
  const bf16* columns = nullptr;
  // From a term's first 16 rows to its second 16, in elements. Columns likewise.
  std::int64_t row_half_distance = kHalfOperand;
  std::int64_t column_half_distance = kHalfOperand;
  int depth = kTileDepth;  // of each term; from there on the operands are 0, and multiplied or not
  bool int8 = false;       // the operands are 8-bit integers; all of their depth is multiplied
  float scale = 1;         // of 8-bit integers: the sum is multiplied by it
};

// A way to multiply one kind of numbers.
struct ProductRate {
  const char* instruction = "";
  int depth = 1;  // products that it adds to a sum at once
  // Multiply-adds while fp32 vectors of the same processor do one, at best; what it takes to convert operands
  // is not counted.
  int multiply_adds = 1;
};

struct TileProductKernels {
  // result[r][n] = (accumulate ? result[r][n] : 0) + sum over terms and k of rows[r][k] * columns[k][n], in
  // fp32. Sums of 8-bit integers are exact below 2^31, and then rounded to fp32: on every instruction set
  // the same. result is [32][32]. Rows from `row_count` on, 1 to 32, are computed or not, and written or not.
  void (*multiply)(const TileSum& sum, int row_count, bool accumulate, float* result);
  // Runs `repetitions` products of depth 32 on registers or L1-resident tiles: what the machine could do at
  // best.
  void (*burn)(long repetitions);
  // The same of 8-bit integers, as many multiply-adds a repetition.
  void (*burn_int8)(long repetitions);
  // Called on a thread before its first multiply and after its last one (AMX: loads and releases the tile
  // configuration).
  void (*begin)();
  void (*end)();
  // Rounds 32 rows of 32 values, `stride` values apart, to two halves of rows that follow each other.
  void (*pack_rows)(const float* values, std::int64_t stride, bf16* rows);
  // Lays rows out as columns: row k becomes row k there.
  void (*pair_rows)(const Halves<const bf16>& rows, const Halves<bf16>& columns);
  // Lays the transpose of rows out as columns: row k of it becomes row k there.
  void (*pair_columns)(const Halves<const bf16>& rows, const Halves<bf16>& columns);
  // to[k][r] = rows[r][k].
  void (*transpose)(const Halves<const bf16>& rows, const Halves<bf16>& to);
  SharedProductKernels shared;
  ProductRate bf16_rate{};
  ProductRate int8_rate{};
};

}  // namespace ftl::kernels
