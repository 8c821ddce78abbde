// The operands of products: tiles of 32 x 32 numbers, as two halves.
#pragma once

#include <cstdint>

namespace ftl::kernels {

inline constexpr int kTileRows = 32;
inline constexpr int kTileColumns = 32;
inline constexpr int kTileDepth = 32;
inline constexpr int kHalfRows = kTileRows / 2;
inline constexpr int kHalfColumns = kTileColumns / 2;
// Elements of an operand's half and of both.
inline constexpr int kHalfOperand = kHalfRows * kTileDepth;
inline constexpr int kOperand = 2 * kHalfOperand;

// One step of depth 32. Both operands are halves of 1 KB: of rows [16 rows][32], and of columns, in pairs,
// [16 pairs][16 columns][2] (the order that VDPBF16PS and TDPBF16PS read). Both are given as distances in
// elements from a TileSum's operands, so that one list of steps serves many output tiles.
struct TileTerm {
  std::int32_t rows;
  std::int32_t columns;
};

// Where element (k, n) of the columns is when their halves follow each other.
constexpr int paired_index(int k, int n) {
  return n / kHalfColumns * kHalfOperand + (k / 2) * 2 * kHalfColumns + n % kHalfColumns * 2 + k % 2;
}

// Of 8-bit integers: a tile's depth, how many neighbours in depth stand beside each other in an operand of
// columns, [16 fours][16 columns][4], and where element (k, n) is, in bytes.
inline constexpr int kInt8Depth = 2 * kTileDepth;
inline constexpr int kInt8Neighbours = 4;
constexpr int int8_index(int k, int n) {
  return n / kHalfColumns * 2 * kHalfOperand + k / kInt8Neighbours * kInt8Neighbours * kHalfColumns +
         n % kHalfColumns * kInt8Neighbours + k % kInt8Neighbours;
}

// Both halves of an operand.
template <class T>
struct Halves {
  T* first;
  T* second;
};

}  // namespace ftl::kernels
