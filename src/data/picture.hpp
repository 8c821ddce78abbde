// Pictures from JPEG and PNG files, and their scaling.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace ftl::data {

struct PictureSize {
  int height = 0;
  int width = 0;

  friend bool operator==(const PictureSize&, const PictureSize&) = default;

  std::int64_t bytes() const { return std::int64_t{height} * width * 3; }
};

// [height][width][3] RGB.
struct Picture {
  PictureSize size;
  std::vector<std::uint8_t> pixels;
};

// Whether the name ends in .jpg, .jpeg or .png, in any case.
bool has_picture_extension(std::string_view name);

// The size that a JPEG or PNG file's header states. `name` is what errors call the file; InputError when it
// is neither, or damaged.
PictureSize picture_size(std::string_view file, std::string_view name);

// Decodes a whole JPEG or PNG file. Grey and palette become RGB, 16 bits become 8, transparency is composited
// over white; an EXIF orientation is not applied. A damaged or truncated file is an InputError naming it,
// also where the decoder would go on with made-up pixels.
Picture decode_picture(std::string_view file, std::string_view name);

// Scales [height][width][3] bytes to another size with a separable triangle filter, widened by the scale when
// shrinking (antialiased, as Pillow's BILINEAR): bilinear interpolation when growing, a weighted area average
// when shrinking. Pixel centres at half-integers, weights renormalised at the borders.
class Resizer {
 public:
  // The source pixels that make up one target pixel along one axis.
  struct Taps {
    std::size_t first = 0;
    std::vector<float> weights;
  };

  Resizer(PictureSize from, PictureSize to);
  // One picture; may be called from several threads at once.
  void run(std::span<const std::uint8_t> pixels, std::span<std::uint8_t> out) const;

 private:
  void narrow(const std::uint8_t* pixels, float* out) const;

  PictureSize from_;
  bool same_;
  std::vector<Taps> columns_;
  std::vector<Taps> rows_;
};

// The same for a single picture.
void resize(std::span<const std::uint8_t> pixels, PictureSize from, PictureSize to,
            std::span<std::uint8_t> out);

}  // namespace ftl::data
