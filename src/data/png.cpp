#include "data/png.hpp"

#include <png.h>

#include "base/error.hpp"

namespace ftl::data {
namespace {

// libpng's simplified interface: it converts every kind of PNG to one format.
class Decoder {
 public:
  Decoder(std::string_view file, std::string_view name) : name_(name) {
    image_.version = PNG_IMAGE_VERSION;
    if (png_image_begin_read_from_memory(&image_, file.data(), file.size()) == 0) fail();
    image_.format = PNG_FORMAT_RGB;
    image_.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
  }
  ~Decoder() { png_image_free(&image_); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  PictureSize size() const { return {static_cast<int>(image_.height), static_cast<int>(image_.width)}; }

  void read_pixels(std::uint8_t* pixels) {
    const png_color white{255, 255, 255};
    if (png_image_finish_read(&image_, &white, pixels, 0, nullptr) == 0) fail();
  }

 private:
  [[noreturn]] void fail() const { throw InputError("{}: a damaged PNG: {}", name_, image_.message); }

  std::string_view name_;
  png_image image_{};
};

}  // namespace

bool is_png(std::string_view file) {
  return file.starts_with("\x89PNG\r\n\x1a\n");
}

PictureSize png_size(std::string_view file, std::string_view name) {
  return Decoder(file, name).size();
}

Picture decode_png(std::string_view file, std::string_view name) {
  Decoder decoder(file, name);
  Picture picture{decoder.size(), {}};
  picture.pixels.resize(static_cast<std::size_t>(picture.size.bytes()));
  decoder.read_pixels(picture.pixels.data());
  return picture;
}

std::string encode_png(PictureSize size, std::span<const std::uint8_t> pixels) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(size.width);
  image.height = static_cast<png_uint_32>(size.height);
  image.format = PNG_FORMAT_RGB;
  png_alloc_size_t bytes = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string file(bytes, '\0');
  if (png_image_write_to_memory(&image, file.data(), &bytes, 0, pixels.data(), 0, nullptr) == 0) {
    throw RunError("a picture cannot be written as PNG: {}", image.message);
  }
  file.resize(bytes);
  return file;
}

}  // namespace ftl::data
