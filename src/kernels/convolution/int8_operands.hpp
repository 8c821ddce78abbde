// Rounds activations and gradients to 8-bit integers and lays them out as operands of products. For *_cpu.cpp
// files only.
//
// A value is divided by the scale of all that enters a sum with it, so that the largest becomes 127 (where
// factors have scales of their own: the largest product with such a scale). Weights and inputs are rounded to
// the nearest integer. Of gradients most are far smaller than the largest, and would vanish: they are rounded
// up or down at random, up with the probability that keeps the mean (Gupta et al. 2015, "Deep learning with
// limited numerical precision").
#pragma once

#include "kernels/convolution/int8_scale.hpp"
#include "kernels/product/product.hpp"
#include "kernels/product/word_transpose.hpp"
#include "kernels/simd.hpp"
#include "tensor/layout.hpp"

namespace ftl::kernels {
namespace {

// Elements of 32 bits in a row of an operand.
inline constexpr int kRowWords = kTileDepth / 2;

inline vuint load_words(const void* from) {
  vuint words;
  std::memcpy(&words, from, sizeof(words));
  return words;
}

inline void store_words(void* to, vuint words) {
  std::memcpy(to, &words, sizeof(words));
}

// Elements of a row of an operand, from the lane-th on.
inline void store_row(bf16* operand, int row, int lane, vuint words) {
  store_words(operand + row * kTileDepth + 2 * lane, words);
}

// What is added before a fixed-point number with 12 bits below the point is cut off at the point: a half for
// the nearest integer, anything from 0 to 1 for a stochastic one. With 1.5 * 2^11 on top a float's last bits
// are that number, and bits 12 to 19 the integer.
inline constexpr float kFixedPoint = 3072.0f;

// In place of random numbers evenly spread ones, of which a tile's values take those that follow any first
// one: so every channel meets every number. A batch norm's gradients add up to nothing over a channel, and
// what a bias of a thousandth of the scale adds up to would drown that.
struct Dither {
  static constexpr int kStarts = 4096;
  static constexpr int kOfTile = 4 * kHalfRows * kRowWords;
  float values[kStarts + kOfTile] = {};

  // Multiples of the golden ratio.
  constexpr Dither() {
    for (int i = 0; i < kStarts + kOfTile; ++i) {
      const int number = i * 2531 % kStarts;
      values[i] = kFixedPoint + static_cast<float>(number) / static_cast<float>(kStarts);
    }
  }
};
constexpr Dither kDither;

// `row` and `lane` say which of a tile's values are rounded.
struct NearestRounding {
  float inverse;  // of the scale

  vuint operator()(vfloat value, int /*row*/, int /*lane*/) const {
    return reinterpret_cast<vuint>(value * broadcast(inverse) + broadcast(kFixedPoint + 0.5f));
  }
};

struct StochasticRounding {
  float inverse;  // of the scale
  const float* dither;

  // A tile's number and first values say where it begins: another place in every block and every step.
  StochasticRounding(float inverse_of_scale, const bf16* tile, std::int64_t number)
      : inverse(inverse_of_scale) {
    std::uint64_t hash = 0;
    std::memcpy(&hash, tile, sizeof(hash));
    hash = (hash + static_cast<std::uint64_t>(number)) * 0x9e3779b97f4a7c15u;
    dither = kDither.values + (hash >> 40) % Dither::kStarts;
  }

  vuint operator()(vfloat value, int row, int lane) const {
    return reinterpret_cast<vuint>(value * broadcast(inverse) + load(dither + row * kRowWords + lane));
  }
};

// Four neighbours in depth, one a byte.
inline vuint join_bytes(vuint a, vuint b, vuint c, vuint d) {
  const vuint low = ((a >> 12) & 0xffu) | ((b >> 4) & 0xff00u);
  const vuint high = ((c << 4) & 0xff0000u) | ((d << 12) & 0xff000000u);
  return low | high;
}

// Of two neighbouring channels, the first and the second.
inline vfloat even_channels(vuint words) {
  return reinterpret_cast<vfloat>(words << 16);
}
inline vfloat odd_channels(vuint words) {
  return reinterpret_cast<vfloat>(words & 0xffff0000u);
}

// 16 images and 64 channels, those of two planes, as rows: calls visit(row, lane, integers).
template <class Rounding, class Visit>
inline void integer_rows(const bf16* first, const bf16* second, const Rounding& rounding,
                         const Visit& visit) {
  for (int row = 0; row < kHalfRows; ++row) {
    for (int lane = 0; lane < kRowWords; lane += kLanes) {
      const vuint a = load_words(first + row * kBlockChannels + 2 * lane);
      const vuint b = load_words(second + row * kBlockChannels + 2 * lane);
      visit(row, lane,
            join_bytes(
                rounding(even_channels(a), 4 * row, lane), rounding(odd_channels(a), 4 * row + 1, lane),
                rounding(even_channels(b), 4 * row + 2, lane), rounding(odd_channels(b), 4 * row + 3, lane)));
    }
  }
}

// 16 images and 32 channels as columns, four images beside each other: calls visit(four, lane, integers of
// the even channels, of the odd ones).
template <class Rounding, class Visit>
inline void integer_columns(const bf16* tile, const Rounding& rounding, const Visit& visit) {
  for (int four = 0; four < kHalfImages / kInt8Neighbours; ++four) {
    const bf16* images = tile + four * kInt8Neighbours * kBlockChannels;
    for (int lane = 0; lane < kRowWords; lane += kLanes) {
      vuint even[kInt8Neighbours];
      vuint odd[kInt8Neighbours];
      for (int i = 0; i < kInt8Neighbours; ++i) {
        const vuint words = load_words(images + i * kBlockChannels + 2 * lane);
        const int row = 2 * (four * kInt8Neighbours + i);
        even[i] = rounding(even_channels(words), row, lane);
        odd[i] = rounding(odd_channels(words), row + 1, lane);
      }
      visit(four, lane, join_bytes(even[0], even[1], even[2], even[3]),
            join_bytes(odd[0], odd[1], odd[2], odd[3]));
    }
  }
}

// 16 images and 64 channels of integer_rows as columns, four images beside each other: calls visit(neighbour,
// four, lane, integers) for the even channels of the first 32, the odd ones, and both of the second 32.
template <class Visit>
inline void columns_of_integers(const bf16* rows, const Visit& visit) {
  constexpr std::uint32_t kEvenBytes = 0x00ff00ffu;
  constexpr std::uint32_t kLowHalf = 0x0000ffffu;
  for (int four = 0; four < kHalfImages / kInt8Neighbours; ++four) {
    for (int lane = 0; lane < kRowWords; lane += kLanes) {
      const auto image = [&](int i) {
        return load_words(rows + (four * kInt8Neighbours + i) * kTileDepth + 2 * lane);
      };
      const auto even_bytes = [](vuint a, vuint b) { return (a & kEvenBytes) | ((b & kEvenBytes) << 8); };
      const auto odd_bytes = [](vuint a, vuint b) { return ((a >> 8) & kEvenBytes) | (b & ~kEvenBytes); };
      const vuint even[] = {even_bytes(image(0), image(1)), even_bytes(image(2), image(3))};
      const vuint odd[] = {odd_bytes(image(0), image(1)), odd_bytes(image(2), image(3))};
      visit(0, four, lane, (even[0] & kLowHalf) | (even[1] << 16));
      visit(1, four, lane, (odd[0] & kLowHalf) | (odd[1] << 16));
      visit(2, four, lane, (even[0] >> 16) | (even[1] & ~kLowHalf));
      visit(3, four, lane, (odd[0] >> 16) | (odd[1] & ~kLowHalf));
    }
  }
}

// Stores what integer_columns gives.
inline void store_columns(const Halves<bf16>& to, int four, int lane, vuint even, vuint odd) {
  store_row(to.first, four, lane, even);
  store_row(to.second, four, lane, odd);
}

// Of each byte whether it is `candidate`: all its bits, or none.
inline vuint bytes_equal(vuint bytes, int candidate) {
  using vbytes = std::uint8_t __attribute__((vector_size(kLanes * 4)));
  const auto equal = reinterpret_cast<vbytes>(bytes) == static_cast<std::uint8_t>(candidate);
  return reinterpret_cast<vuint>(equal);
}

// Which position won, beside the integers of integer_rows and of integer_columns.
inline vuint winners_of_row(const std::uint8_t* first, const std::uint8_t* second, int row, int lane) {
  const auto pairs = [&](const std::uint8_t* argmax) {
    vushort channels;
    std::memcpy(&channels, argmax + row * kBlockChannels + 2 * lane, sizeof(channels));
    return __builtin_convertvector(channels, vuint);
  };
  return pairs(first) | (pairs(second) << 16);
}

struct ColumnWinners {
  vuint even{};
  vuint odd{};
};
inline ColumnWinners winners_of_columns(const std::uint8_t* tile, int four, int lane) {
  ColumnWinners winners;
  for (int i = 0; i < kInt8Neighbours; ++i) {
    vushort channels;
    std::memcpy(&channels, tile + (four * kInt8Neighbours + i) * kBlockChannels + 2 * lane, sizeof(channels));
    const vuint pairs = __builtin_convertvector(channels, vuint);
    winners.even |= (pairs & 0xffu) << (8 * i);
    winners.odd |= (pairs >> 8) << (8 * i);
  }
  return winners;
}

}  // namespace
}  // namespace ftl::kernels
