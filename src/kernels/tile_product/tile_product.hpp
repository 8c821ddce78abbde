// The one micro-kernel under every convolution, linear layer and matrix product: a 32 x 32 output tile as a
// sum of products of bf16 tiles. It is the only thing in them that differs between ISAs.
#pragma once

#include <cstdint>

#include "base/bfloat16.hpp"

namespace ftl::kernels {

// One step of depth 32: rows [32][32], and columns in pairs, [16][32 columns][2]: element (k, n) at
// (k / 2) * 64 + n * 2 + k % 2 (the order that VDPBF16PS and TDPBF16PS read). Both are given as distances in
// elements from a TileSum's operands, so that one list of steps serves many output tiles.
struct TileTerm {
  std::int32_t rows;
  std::int32_t columns;
};

inline constexpr int kTileRows = 32;
inline constexpr int kTileColumns = 32;
inline constexpr int kTileDepth = 32;
inline constexpr int kHalfRows = kTileRows / 2;

// What an output tile is a sum of.
struct TileSum {
  const TileTerm* terms = nullptr;
  int term_count = 0;  // may be 0
  const bf16* rows = nullptr;
  const bf16* columns = nullptr;
  // From a term's first 16 rows to its second 16, in elements: next to each other for 32 images of one
  // position, a tile apart for 16 images of two neighbouring positions.
  int half_distance = kHalfRows * kTileDepth;
  // Terms come in runs of this many along which the rows slide: the second half of one term is the first half
  // of the next, and need not be loaded again.
  int run = 1;
};

struct TileProductKernels {
  // result[r][n] = (accumulate ? result[r][n] : 0) + sum over terms and k of rows[r][k] * columns[k][n], in
  // fp32; result is [32][32]. Only the first `row_count` (16 or 32) rows are computed and written.
  void (*multiply)(const TileSum& sum, int row_count, bool accumulate, float* result);
  // Runs `repetitions` products of depth 32 on registers or L1-resident tiles: what the machine could do at
  // best.
  void (*burn)(long repetitions);
  // Called on a thread before its first multiply and after its last one (AMX: loads and releases the tile
  // configuration).
  void (*begin)();
  void (*end)();
  // Rounds 32 rows of 32 values, `stride` values apart, to a tile as TileTerm::rows has it.
  void (*pack_rows)(const float* values, std::int64_t stride, bf16* rows);
  // Lays such a tile out as TileTerm::columns has it: row k becomes row k there.
  void (*pair_rows)(const bf16* rows, bf16* columns);
  // Transposes such a tile: to[k][r] = rows[r][k].
  void (*transpose)(const bf16* rows, bf16* to);
};

}  // namespace ftl::kernels
