// Decoding of PNG files with libpng (picture.hpp chooses by content), and encoding.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "data/picture.hpp"

namespace ftl::data {

bool is_png(std::string_view file);
PictureSize png_size(std::string_view file, std::string_view name);
Picture decode_png(std::string_view file, std::string_view name);
// A file of [height][width][3] RGB.
std::string encode_png(PictureSize size, std::span<const std::uint8_t> pixels);

}  // namespace ftl::data
