#include "kernels/simd.hpp"
#include "kernels/tile_product/row_pairs.hpp"
#include "kernels/tile_product/scaled_sums.hpp"
#include "kernels/tile_product/tile_product.hpp"
#include "kernels/tile_product/word_transpose.hpp"

namespace ftl::kernels::FTL_ISA {

extern const TileProductKernels kTileProduct;

namespace {

#if defined(FTL_ISA_amx)

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

void begin() {
  _tile_loadconfig(&kTiles);
}
void end() {
  _tile_release();
}

constexpr int kStride = 64;                      // bytes between rows of an operand
constexpr int kResultStride = kTileColumns * 4;  // bytes between rows of a result

// Half a microsecond after the last tile was stored, storing takes 0.15 to 0.25 microseconds longer
// (docs/notebook/2026-11-22-sleeping-matrix-units.md). So what sums up for longer stores a tile now and then,
// which costs next to nothing.
struct alignas(64) Nowhere {
  char bytes[kHalfRows * kStride];
};
void keep_stores_awake(Nowhere& nowhere) {
  _tile_stored(7, nowhere.bytes, kStride);
}

// Terms between two such stores.
constexpr int kAwakeTerms = 16;

void add_first_halves(const TileSum& sum) {
  Nowhere nowhere;
  for (int t = 0; t < sum.term_count; ++t) {
    if (t % kAwakeTerms == kAwakeTerms - 1) keep_stores_awake(nowhere);
    const bf16* columns = sum.columns + sum.terms[t].columns;
    _tile_loadd(6, columns, kStride);
    _tile_loadd(4, sum.rows + sum.terms[t].rows, kStride);
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(7, columns + sum.column_half_distance, kStride);
    _tile_dpbf16ps(1, 4, 7);
  }
}

// Macros, since tiles can only be named by literals.
#define FTL_ADD_PRODUCT(sum, rows, columns) \
  if constexpr (int8) {                     \
    _tile_dpbssd(sum, rows, columns);       \
  } else {                                  \
    _tile_dpbf16ps(sum, rows, columns);     \
  }

template <bool int8>
void add_terms(const TileSum& sum) {
  Nowhere nowhere;
  for (int t = 0; t < sum.term_count; ++t) {
    if (t % kAwakeTerms == kAwakeTerms - 1) keep_stores_awake(nowhere);
    const bf16* rows = sum.rows + sum.terms[t].rows;
    const bf16* columns = sum.columns + sum.terms[t].columns;
    _tile_loadd(6, columns, kStride);
    _tile_loadd(4, rows, kStride);
    FTL_ADD_PRODUCT(0, 4, 6)
    _tile_loadd(7, columns + sum.column_half_distance, kStride);
    FTL_ADD_PRODUCT(1, 4, 7)
    _tile_loadd(5, rows + sum.row_half_distance, kStride);
    FTL_ADD_PRODUCT(2, 5, 6)
    FTL_ADD_PRODUCT(3, 5, 7)
  }
}

void multiply_int8(const TileSum& sum, int row_count, bool accumulate, float* result) {
  alignas(64) std::int32_t sums[kTileRows * kTileColumns];
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  add_terms<true>(sum);
  _tile_stored(0, sums, kResultStride);
  _tile_stored(1, sums + kHalfRows, kResultStride);
  _tile_stored(2, sums + kHalfRows * kTileColumns, kResultStride);
  _tile_stored(3, sums + kHalfRows * kTileColumns + kHalfRows, kResultStride);
  add_scaled(sums, row_count * kTileColumns, sum.scale, accumulate, result);
}

void multiply(const TileSum& sum, int row_count, bool accumulate, float* result) {
  if (sum.int8) return multiply_int8(sum, row_count, accumulate, result);
  const bool both_halves = row_count > kHalfRows;
  if (accumulate) {
    _tile_loadd(0, result, kResultStride);
    _tile_loadd(1, result + kHalfRows, kResultStride);
    if (both_halves) {
      _tile_loadd(2, result + kHalfRows * kTileColumns, kResultStride);
      _tile_loadd(3, result + kHalfRows * kTileColumns + kHalfRows, kResultStride);
    }
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  if (!both_halves) {
    add_first_halves(sum);
  } else {
    add_terms<false>(sum);
  }
  _tile_stored(0, result, kResultStride);
  _tile_stored(1, result + kHalfRows, kResultStride);
  if (both_halves) {
    _tile_stored(2, result + kHalfRows * kTileColumns, kResultStride);
    _tile_stored(3, result + kHalfRows * kTileColumns + kHalfRows, kResultStride);
  }
}

// Which positions of a SquareSum a line of taps has products for.
struct TapLine {
  bool upper;
  bool lower;
};

TapLine tap_line(const SquareSum& sum, int line) {
  const int lower = line + sum.lower_line;
  return {line >= sum.first_line && line < sum.last_line, lower >= sum.first_line && lower < sum.last_line};
}

// The inputs of the left positions, which are there already for every tap but the first.
void load_left(const SquareSum& sum, TapLine line, const bf16* rows) {
  if (sum.first_place > 0 || sum.last_place <= 0) return;
  if (line.upper) _tile_loadd(4, rows, kStride);
  if (line.lower) _tile_loadd(5, rows + sum.lower_distance, kStride);
}

// The products of one line of taps. A position's inputs are its left neighbour's of the next tap, and stay in
// their tile for it.
template <bool int8, bool upper, bool lower>
void add_tap_line(const SquareSum& sum, const bf16* rows, const bf16* columns, Interlude& interlude) {
  for (int tap = 0; tap < sum.places; ++tap) {
    _tile_loadd(6, columns, kStride);
    columns += sum.place_columns;
    if (tap >= sum.first_place && tap < sum.last_place) {
      if constexpr (upper) {
        FTL_ADD_PRODUCT(0, 4, 6)
      }
      if constexpr (lower) {
        FTL_ADD_PRODUCT(2, 5, 6)
      }
    }
    rows += sum.place_distance;
    if (tap + 1 >= sum.first_place && tap + 1 < sum.last_place) {
      if constexpr (upper) {
        _tile_loadd(4, rows, kStride);
        FTL_ADD_PRODUCT(1, 4, 6)
      }
      if constexpr (lower) {
        _tile_loadd(5, rows + sum.lower_distance, kStride);
        FTL_ADD_PRODUCT(3, 5, 6)
      }
    }
    interlude.play();
  }
}

template <bool int8>
void add_tap_line(const SquareSum& sum, TapLine line, const bf16* rows, const bf16* columns,
                  Interlude& interlude) {
  if (line.upper && line.lower) {
    add_tap_line<int8, true, true>(sum, rows, columns, interlude);
  } else if (line.upper) {
    add_tap_line<int8, true, false>(sum, rows, columns, interlude);
  } else if (line.lower) {
    add_tap_line<int8, false, true>(sum, rows, columns, interlude);
  }
}

void store_square(float* result) {
  constexpr int kRowOfResult = kHalfColumns * 4;  // bytes
  _tile_stored(0, result, kRowOfResult);
  _tile_stored(1, result + kHalfRows * kHalfColumns, kRowOfResult);
  _tile_stored(2, result + 2 * kHalfRows * kHalfColumns, kRowOfResult);
  _tile_stored(3, result + 3 * kHalfRows * kHalfColumns, kRowOfResult);
}

// Loads wait for the stores before them, and those for the last products: so the first operands of a square
// are loaded before the former one is stored. (Its first columns are loaded again, from the nearest cache.)
template <bool int8>
void multiply_square_of(const SquareSum& sum, Interlude& interlude, float* former) {
  bool first = true;
  Nowhere nowhere;
  for (int block = 0; block < sum.blocks; ++block) {
    for (int i = 0; i < sum.lines; ++i) {
      keep_stores_awake(nowhere);
      const TapLine line = tap_line(sum, i);
      const bf16* rows = sum.rows + (sum.corner + block * sum.block_rows + i * sum.line_distance);
      const bf16* columns = sum.columns + (block * sum.block_columns + i * sum.line_columns);
      load_left(sum, line, rows);
      if (first) {
        _tile_loadd(6, columns, kStride);
        if (former != nullptr) store_square(former);
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
        first = false;
      }
      add_tap_line<int8>(sum, line, rows, columns, interlude);
    }
  }
  while (interlude.next < interlude.last) interlude.play();
}

void multiply_square(const SquareSum& sum, Interlude& interlude, float* former) {
  if (sum.int8) {
    multiply_square_of<true>(sum, interlude, former);
  } else {
    multiply_square_of<false>(sum, interlude, former);
  }
}

// The operands of a picture row's first products.
void load_first_position(const bf16* rows, const bf16* columns) {
  _tile_loadd(3, columns, kStride);
  _tile_loadd(5, rows + kHalfOperand, kStride);
}

// One picture row of a TapSums, but for its first operands: each position loads one input and one column for
// three products, the inputs of its first two taps being there already, in tiles that take turns.
template <bool int8>
void add_picture_row(const TapSums& sums, const bf16* rows, const bf16* columns, Interlude& interlude) {
#define FTL_ADD_POSITION(first, middle, last)                           \
  {                                                                     \
    _tile_loadd(3, columns + position * kHalfOperand, kStride);         \
    FTL_ADD_PRODUCT(0, first, 3)                                        \
    FTL_ADD_PRODUCT(1, middle, 3)                                       \
    if (position < end - 1 || sums.last_tap_ends) {                     \
      _tile_loadd(last, rows + (position + 2) * kHalfOperand, kStride); \
      FTL_ADD_PRODUCT(2, last, 3)                                       \
    }                                                                   \
    interlude.play();                                                   \
    ++position;                                                         \
  }
  const std::int64_t end = sums.positions;
  FTL_ADD_PRODUCT(1, 5, 3)
  if (sums.first_tap_starts) {
    _tile_loadd(4, rows, kStride);
    FTL_ADD_PRODUCT(0, 4, 3)
  }
  if (end > 1 || sums.last_tap_ends) {
    _tile_loadd(6, rows + 2 * kHalfOperand, kStride);
    FTL_ADD_PRODUCT(2, 6, 3)
  }
  interlude.play();
  for (std::int64_t position = 1; position < end;) {
    FTL_ADD_POSITION(5, 6, 4)
    if (position == end) break;
    FTL_ADD_POSITION(6, 4, 5)
    if (position == end) break;
    FTL_ADD_POSITION(4, 5, 6)
  }
#undef FTL_ADD_POSITION
}

void store_taps(const TapResults& results) {
  const auto row_bytes = static_cast<std::size_t>(results.row_distance) * sizeof(float);
  _tile_stored(0, results.first, row_bytes);
  _tile_stored(1, results.first + results.tap_distance, row_bytes);
  _tile_stored(2, results.first + 2 * results.tap_distance, row_bytes);
}

void begin_taps(const TapSums& sums) {
  if (!sums.accumulate) {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    return;
  }
  const TapResults& results = sums.results;
  const auto row_bytes = static_cast<std::size_t>(results.row_distance) * sizeof(float);
  _tile_loadd(0, results.first, row_bytes);
  _tile_loadd(1, results.first + results.tap_distance, row_bytes);
  _tile_loadd(2, results.first + 2 * results.tap_distance, row_bytes);
}

// The first operands are loaded before the former sums are stored, as those of a square are.
template <bool int8>
void add_tap_products_of(const TapSums& sums, Interlude& interlude, const TapResults& former) {
  Nowhere nowhere;
  for (int row = 0; row < sums.picture_row_count; ++row) {
    keep_stores_awake(nowhere);
    const bf16* const rows = sums.rows + sums.picture_rows[row].rows;
    const bf16* const columns = sums.columns + sums.picture_rows[row].columns;
    load_first_position(rows, columns);
    if (row == 0) {
      if (former.first != nullptr) store_taps(former);
      begin_taps(sums);
    }
    add_picture_row<int8>(sums, rows, columns, interlude);
  }
  while (interlude.next < interlude.last) interlude.play();
}

void add_tap_products(const TapSums& sums, Interlude& interlude, const TapResults& former) {
  if (sums.int8) {
    add_tap_products_of<true>(sums, interlude, former);
  } else {
    add_tap_products_of<false>(sums, interlude, former);
  }
}

#undef FTL_ADD_PRODUCT

void burn(long repetitions) {
  begin();
  for (long i = 0; i < repetitions; ++i) {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  end();
}

#else

constexpr void (*add_tap_products)(const TapSums&, Interlude&, const TapResults&) = nullptr;
constexpr void (*store_taps)(const TapResults&) = nullptr;
constexpr void (*multiply_square)(const SquareSum&, Interlude&, float*) = nullptr;
constexpr void (*store_square)(float*) = nullptr;

void begin() {}
void end() {}

#if defined(FTL_ISA_avx512_bf16)

constexpr int kRows = 8;

// kRows x 32 results in registers over all terms.
void multiply_rows(const TileSum& sum, int first_row, bool accumulate, float* result) {
  __m512 sums[kRows][2];
  float* rows_of_result = result + first_row * kTileColumns;
  for (int r = 0; r < kRows; ++r) {
    for (int half = 0; half < 2; ++half) {
      sums[r][half] =
          accumulate ? _mm512_loadu_ps(rows_of_result + r * kTileColumns + half * 16) : _mm512_setzero_ps();
    }
  }
  for (int t = 0; t < sum.term_count; ++t) {
    const bf16* rows = sum.rows + sum.terms[t].rows + first_row / kHalfRows * sum.row_half_distance +
                       first_row % kHalfRows * kTileDepth;
    const bf16* columns = sum.columns + sum.terms[t].columns;
    for (int pair = 0; pair < (sum.depth + 1) / 2; ++pair) {
      __m512bh column[2];
      std::memcpy(&column[0], columns + pair * 2 * kHalfColumns, 64);
      std::memcpy(&column[1], columns + sum.column_half_distance + pair * 2 * kHalfColumns, 64);
      for (int r = 0; r < kRows; ++r) {
        std::int32_t pair_of_row = 0;
        std::memcpy(&pair_of_row, rows + r * kTileDepth + pair * 2, sizeof(pair_of_row));
        const __m512bh row = reinterpret_cast<__m512bh>(_mm512_set1_epi32(pair_of_row));
        sums[r][0] = _mm512_dpbf16_ps(sums[r][0], row, column[0]);
        sums[r][1] = _mm512_dpbf16_ps(sums[r][1], row, column[1]);
      }
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int half = 0; half < 2; ++half) {
      _mm512_storeu_ps(rows_of_result + r * kTileColumns + half * 16, sums[r][half]);
    }
  }
}

void multiply_bf16(const TileSum& sum, int row_count, bool accumulate, float* result) {
  for (int row = 0; row < row_count; row += kRows) multiply_rows(sum, row, accumulate, result);
}

#else

// Registers hold kRows x kVectors results: as many as the ISA's register file allows beside the operands.
#if defined(__AVX512F__)
constexpr int kRows = 8;
#else
constexpr int kRows = 4;
#endif
constexpr int kVectors = 2;

struct WideTerm {
  alignas(64) float rows[kTileRows * kTileDepth];
  alignas(64) float columns[kTileDepth * kTileColumns];
};

// bf16 to fp32 once a term, rather than once a use.
void widen(const TileSum& sum, const TileTerm& term, int row_count, WideTerm& wide) {
  const bf16* rows = sum.rows + term.rows;
  const bf16* columns = sum.columns + term.columns;
  for (int i = 0; i < kHalfOperand; i += kLanes) store(wide.rows + i, load(rows + i));
  for (int i = 0; i < kHalfOperand && row_count > kHalfRows; i += kLanes) {
    store(wide.rows + kHalfOperand + i, load(rows + sum.row_half_distance + i));
  }
  for (int half = 0; half < 2; ++half) {
    for (int pair = 0; pair < (sum.depth + 1) / 2; ++pair) {
      for (int n = 0; n < kHalfColumns; n += kLanes) {
        vuint words;
        std::memcpy(&words, columns + half * sum.column_half_distance + (pair * kHalfColumns + n) * 2,
                    sizeof(words));
        float* to = wide.columns + 2 * pair * kTileColumns + half * kHalfColumns + n;
        store(to, reinterpret_cast<vfloat>(words << 16));
        store(to + kTileColumns, reinterpret_cast<vfloat>(words & 0xffff0000u));
      }
    }
  }
}

void add_product(const WideTerm& wide, int depth, int first_row, int first_column, float* result) {
  vfloat sums[kRows][kVectors];
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) {
      sums[r][v] = load(result + (first_row + r) * kTileColumns + first_column + v * kLanes);
    }
  }
  for (int k = 0; k < depth; ++k) {
    vfloat column[kVectors];
    for (int v = 0; v < kVectors; ++v)
      column[v] = load(wide.columns + k * kTileColumns + first_column + v * kLanes);
    for (int r = 0; r < kRows; ++r) {
      const vfloat row = broadcast(wide.rows[(first_row + r) * kTileDepth + k]);
      for (int v = 0; v < kVectors; ++v) sums[r][v] += row * column[v];
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) {
      store(result + (first_row + r) * kTileColumns + first_column + v * kLanes, sums[r][v]);
    }
  }
}

void multiply_bf16(const TileSum& sum, int row_count, bool accumulate, float* result) {
  if (!accumulate) std::memset(result, 0, sizeof(float) * kTileRows * kTileColumns);
  WideTerm wide;
  for (int t = 0; t < sum.term_count; ++t) {
    widen(sum, sum.terms[t], row_count, wide);
    for (int column = 0; column < kTileColumns; column += kVectors * kLanes) {
      for (int row = 0; row < row_count; row += kRows) add_product(wide, sum.depth, row, column, result);
    }
  }
}

#endif

// Both halves of a term of integers as two terms of bf16, which hold them exactly: the first two of each four
// neighbours, and the last two.
void widen_integers(const bf16* integers, std::int64_t half_distance, bf16* first, bf16* last) {
  const auto bf16_of = [](vint integer) {
    return reinterpret_cast<vuint>(__builtin_convertvector(integer, vfloat));
  };
  for (int half = 0; half < 2; ++half) {
    for (int i = 0; i < kHalfOperand; i += 2 * kLanes) {
      vint fours;
      std::memcpy(&fours, integers + half * half_distance + i, sizeof(fours));
      const vuint two = (bf16_of(fours << 24 >> 24) >> 16) | bf16_of(fours << 16 >> 24);
      const vuint two_more = (bf16_of(fours << 8 >> 24) >> 16) | bf16_of(fours >> 24);
      std::memcpy(first + half * kHalfOperand + i, &two, sizeof(two));
      std::memcpy(last + half * kHalfOperand + i, &two_more, sizeof(two_more));
    }
  }
}

// As many terms at a time as stay in the nearest cache.
void multiply_int8(const TileSum& sum, int row_count, bool accumulate, float* result) {
  constexpr int kTogether = 4;
  alignas(64) float sums[kTileRows * kTileColumns] = {};
  alignas(64) bf16 rows[2 * kTogether * kOperand];
  alignas(64) bf16 columns[2 * kTogether * kOperand];
  TileTerm terms[2 * kTogether];
  for (int i = 0; i < 2 * kTogether; ++i) terms[i] = {i * kOperand, i * kOperand};
  TileSum wide;
  wide.terms = terms;
  wide.rows = rows;
  wide.columns = columns;
  for (int t = 0; t < sum.term_count; ++t) {
    const int place = t % kTogether * 2 * kOperand;
    widen_integers(sum.rows + sum.terms[t].rows, sum.row_half_distance, rows + place,
                   rows + place + kOperand);
    widen_integers(sum.columns + sum.terms[t].columns, sum.column_half_distance, columns + place,
                   columns + place + kOperand);
    wide.term_count = 2 * (t % kTogether + 1);
    if (wide.term_count == 2 * kTogether || t + 1 == sum.term_count) {
      multiply_bf16(wide, row_count, true, sums);
    }
  }
  add_scaled(sums, row_count * kTileColumns, sum.scale, accumulate, result);
}

void multiply(const TileSum& sum, int row_count, bool accumulate, float* result) {
  if (sum.int8) {
    multiply_int8(sum, row_count, accumulate, result);
  } else {
    multiply_bf16(sum, row_count, accumulate, result);
  }
}

// Multiply-adds on registers only, as many as a 32 x 32 x 32 product has, on enough independent sums to hide
// their latency. The empty asm keeps the compiler from merging or dropping them.
#if defined(FTL_ISA_avx512_bf16)
constexpr long kProductsOfStep = 32;
inline void burn_step(__m512& sum) {
  sum = _mm512_dpbf16_ps(sum, __m512bh{}, __m512bh{});
  __asm__ volatile("" : "+v"(sum));
}
using BurnVector = __m512;
#else
constexpr long kProductsOfStep = kLanes;
inline void burn_step(vfloat& sum) {
  sum = sum * sum + sum;
#if defined(__AVX512F__)
  __asm__ volatile("" : "+v"(sum));
#elif defined(__x86_64__)
  __asm__ volatile("" : "+x"(sum));
#else
  __asm__ volatile("" : "+w"(sum));
#endif
}
using BurnVector = vfloat;
#endif

void burn(long repetitions) {
  BurnVector a{}, b{}, c{}, d{}, e{}, f{}, g{}, h{}, i{}, j{};
  constexpr long kSteps = long{kTileRows} * kTileColumns * kTileDepth / kProductsOfStep;
  for (long done = 0; done < repetitions * kSteps; done += 10) {
    burn_step(a);
    burn_step(b);
    burn_step(c);
    burn_step(d);
    burn_step(e);
    burn_step(f);
    burn_step(g);
    burn_step(h);
    burn_step(i);
    burn_step(j);
  }
}

#endif

void pack_rows(const float* values, std::int64_t stride, bf16* rows) {
  for (int row = 0; row < kTileRows; ++row) {
    for (int k = 0; k < kTileDepth; k += kLanes) {
      store(rows + row * kTileDepth + k, load(values + row * stride + k));
    }
  }
}

void pair_rows(const Halves<const bf16>& rows, const Halves<bf16>& columns) {
  pair_rows_of(PlainRows{rows}, columns);
}

// A row's neighbours are one element of 32 bits.
void pair_columns(const Halves<const bf16>& rows, const Halves<bf16>& columns) {
  transpose_words(rows.first, columns.first);
  transpose_words(rows.second, columns.second);
}

#if defined(__AVX512F__)

// A pair of rows is one row of 32-bit elements, and transposing those gives the rows' pairs in a column's
// order.
void transpose(const Halves<const bf16>& rows, const Halves<bf16>& to) {
  alignas(64) bf16 pairs[kOperand];
  pair_rows(rows, {pairs, pairs + kHalfOperand});
  for (int half = 0; half < 2; ++half) {
    transpose_words(pairs + half * kHalfOperand, half == 0 ? to.first : to.second);
  }
}

#else

void transpose(const Halves<const bf16>& rows, const Halves<bf16>& to) {
  for (int k = 0; k < kTileDepth; ++k) {
    bf16* transposed = (k < kHalfRows ? to.first : to.second) + k % kHalfRows * kTileRows;
    for (int row = 0; row < kHalfRows; ++row) {
      transposed[row] = rows.first[row * kTileDepth + k];
      transposed[kHalfRows + row] = rows.second[row * kTileDepth + k];
    }
  }
}

#endif

}  // namespace

const TileProductKernels kTileProduct{.multiply = multiply,
                                      .burn = burn,
                                      .begin = begin,
                                      .end = end,
                                      .add_tap_products = add_tap_products,
                                      .store_taps = store_taps,
                                      .multiply_square = multiply_square,
                                      .store_square = store_square,
                                      .pack_rows = pack_rows,
                                      .pair_rows = pair_rows,
                                      .pair_columns = pair_columns,
                                      .transpose = transpose};

}  // namespace ftl::kernels::FTL_ISA
