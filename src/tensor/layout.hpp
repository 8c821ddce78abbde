// Shapes, and the blocked layout that all activations and their gradients have in memory.
//
// A batch is cut into image blocks of 32 images. One block of a value with shape (C, H, W) is bf16
//   [2 halves][C / 32, rounded up][H][W][16 images][32 channels]
// so that one position of a half is a 16 x 32 tile of 1 KB of consecutive memory (an AMX tile), neighbouring
// positions are neighbouring tiles, every spatial size fills the tiles, and a tap that falls outside the
// picture is skipped rather than multiplied. A plane is one channel block of one half. Channels past C are
// zero (after a sigmoid 1/2), and weights for them always. Images past the batch's end ("padding images")
// hold finite values in activations and zeros in gradients.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/bfloat16.hpp"

namespace ftl {

inline constexpr int kBlockImages = 32;
inline constexpr int kHalfImages = 16;
inline constexpr int kBlockChannels = 32;
// Elements of one position of a plane: 16 images x 32 channels.
inline constexpr int kTileElements = kHalfImages * kBlockChannels;

constexpr int divide_up(int value, int divisor) {
  return (value + divisor - 1) / divisor;
}
constexpr std::int64_t divide_up(std::int64_t value, std::int64_t divisor) {
  return (value + divisor - 1) / divisor;
}
constexpr std::int64_t round_up(std::int64_t value, std::int64_t multiple) {
  return divide_up(value, multiple) * multiple;
}

// What one image's value looks like.
struct Shape {
  int channels = 0;
  int height = 0;
  int width = 0;

  friend bool operator==(const Shape&, const Shape&) = default;

  constexpr int positions() const { return height * width; }
  constexpr int channel_blocks() const { return divide_up(channels, kBlockChannels); }
  constexpr int padded_channels() const { return channel_blocks() * kBlockChannels; }
  constexpr std::int64_t elements() const { return std::int64_t{channels} * height * width; }
  // Planes of an image block: the first half's channel blocks, then the second half's.
  constexpr int planes() const { return 2 * channel_blocks(); }
  constexpr std::int64_t plane_elements() const { return std::int64_t{positions()} * kTileElements; }
  // Elements of one half and of a whole image block, channel padding included.
  constexpr std::int64_t half_elements() const { return channel_blocks() * plane_elements(); }
  constexpr std::int64_t block_elements() const { return 2 * half_elements(); }
};

// "64x15x15" (channels x height x width).
std::string to_string(const Shape& shape);

// Index in an image block of (image, channel, y, x).
constexpr std::int64_t blocked_index(const Shape& shape, int image, int channel, int y, int x) {
  const int plane = image / kHalfImages * shape.channel_blocks() + channel / kBlockChannels;
  const std::int64_t position = (std::int64_t{plane} * shape.height + y) * shape.width + x;
  return (position * kHalfImages + image % kHalfImages) * kBlockChannels + channel % kBlockChannels;
}

// Of the first `images` images of a block, those in one half.
constexpr int images_of_half(int images, int half) {
  const int rest = images - half * kHalfImages;
  return rest < 0 ? 0 : rest < kHalfImages ? rest : kHalfImages;
}

// Between plain [images][C][H][W] and one image block; images <= 32. Plain, for tests and small results.
// to_blocked zeroes all padding.
void to_blocked(const Shape& shape, int images, std::span<const float> plain, std::span<bf16> block);
void from_blocked(const Shape& shape, int images, std::span<const bf16> block, std::span<float> plain);

}  // namespace ftl
