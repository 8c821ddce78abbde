// Decoding of JPEG files with libjpeg; picture.hpp chooses by content.
#pragma once

#include <string_view>

#include "data/picture.hpp"

namespace ftl::data {

bool is_jpeg(std::string_view file);
PictureSize jpeg_size(std::string_view file, std::string_view name);
Picture decode_jpeg(std::string_view file, std::string_view name);

}  // namespace ftl::data
