// Decoding of PNG files with libpng; picture.hpp chooses by content.
#pragma once

#include <string_view>

#include "data/picture.hpp"

namespace ftl::data {

bool is_png(std::string_view file);
PictureSize png_size(std::string_view file, std::string_view name);
Picture decode_png(std::string_view file, std::string_view name);

}  // namespace ftl::data
