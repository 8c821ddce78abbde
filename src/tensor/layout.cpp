#include "tensor/layout.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ftl {
namespace {

template <class Visit>
void for_each_element(const Shape& shape, int images, const Visit& visit) {
  std::size_t plain_index = 0;
  for (int image = 0; image < images; ++image) {
    for (int channel = 0; channel < shape.channels; ++channel) {
      for (int y = 0; y < shape.height; ++y) {
        for (int x = 0; x < shape.width; ++x) {
          visit(plain_index++, static_cast<std::size_t>(blocked_index(shape, image, channel, y, x)));
        }
      }
    }
  }
}

}  // namespace

std::string to_string(const Shape& shape) {
  return fmt::format("{}x{}x{}", shape.channels, shape.height, shape.width);
}

void to_blocked(const Shape& shape, int images, std::span<const float> plain, std::span<bf16> block) {
  std::fill(block.begin(), block.end(), bf16{0});
  for_each_element(shape, images,
                   [&](std::size_t from, std::size_t to) { block[to] = to_bf16(plain[from]); });
}

void from_blocked(const Shape& shape, int images, std::span<const bf16> block, std::span<float> plain) {
  for_each_element(shape, images,
                   [&](std::size_t to, std::size_t from) { plain[to] = to_float(block[from]); });
}

}  // namespace ftl
