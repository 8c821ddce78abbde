#include "data/picture.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "base/error.hpp"
#include "data/jpeg.hpp"
#include "data/png.hpp"

namespace ftl::data {
namespace {

// A damaged header can state any size; no picture to learn from has a quarter of a gigapixel.
constexpr std::int64_t kMostPixels = std::int64_t{1} << 28;

[[noreturn]] void fail_unknown(std::string_view file, std::string_view name) {
  throw InputError("{}: {}", name, file.empty() ? "an empty file" : "neither JPEG nor PNG");
}

}  // namespace

bool has_picture_extension(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  const std::array extensions = {".jpg", ".jpeg", ".png"};
  return std::any_of(extensions.begin(), extensions.end(), [&](auto end) { return lower.ends_with(end); });
}

PictureSize picture_size(std::string_view file, std::string_view name) {
  if (!is_jpeg(file) && !is_png(file)) fail_unknown(file, name);
  const PictureSize size = is_jpeg(file) ? jpeg_size(file, name) : png_size(file, name);
  if (std::int64_t{size.height} * size.width > kMostPixels) {
    throw InputError("{}: {}x{} pixels; at most {} are read", name, size.width, size.height, kMostPixels);
  }
  return size;
}

Picture decode_picture(std::string_view file, std::string_view name) {
  picture_size(file, name);
  return is_jpeg(file) ? decode_jpeg(file, name) : decode_png(file, name);
}

}  // namespace ftl::data
