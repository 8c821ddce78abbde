// The tile registers of AMX: how they are configured, loaded and stored. For *_cpu.cpp files only.
#pragma once

#if defined(__AMX_TILE__)

#include "kernels/product/product.hpp"
#include "kernels/simd.hpp"

namespace ftl::kernels {
namespace {

// 2 x 2 tiles of results in tmm0-3 leave two tiles for 16 rows each and two for 16 columns each: four loads
// for four products, the best ratio that eight tiles allow where nothing is shared between terms.
struct alignas(64) TileConfiguration {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
// Static: GCC 12 may drop the stores to a local one before the load.
constexpr TileConfiguration kTiles;

constexpr int kStride = 64;                      // bytes between rows of an operand
constexpr int kResultStride = kTileColumns * 4;  // bytes between rows of a result

// Half a microsecond after the last tile was stored, storing takes 0.15 to 0.25 microseconds longer
// (docs/notebook/2026-11-22-clock-and-integer-norms.md): so what sums up for longer stores a tile now and
// then, which costs next to nothing.
struct alignas(64) Nowhere {
  char bytes[kHalfRows * kStride];
};
void keep_stores_awake(Nowhere& nowhere) {
  _tile_stored(7, nowhere.bytes, kStride);
}

// Terms between two such stores.
constexpr int kAwakeTerms = 16;

// Macros, since tiles can only be named by literals.
#define FTL_ADD_PRODUCT(sum, rows, columns) \
  if constexpr (int8) {                     \
    _tile_dpbssd(sum, rows, columns);       \
  } else {                                  \
    _tile_dpbf16ps(sum, rows, columns);     \
  }

}  // namespace
}  // namespace ftl::kernels

#endif
