#include "data/picture.hpp"

#include <gmock/gmock.h>
#include <png.h>

#include "base/error.hpp"
#include "data/files.hpp"

namespace ftl::data {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(DecodePicture, ReadsPngExactly) {
  const Picture original = gradient_picture({5, 7});
  const Picture decoded = decode_picture(png_of(original), "a.png");
  EXPECT_EQ(decoded.size, original.size);
  EXPECT_EQ(decoded.pixels, original.pixels);
}

TEST(DecodePicture, ReadsJpegClosely) {
  const Picture original = gradient_picture({40, 24});
  const std::string file = jpeg_of(original);
  EXPECT_EQ(picture_size(file, "a.jpg"), original.size);
  const Picture decoded = decode_picture(file, "a.jpg");
  ASSERT_EQ(decoded.size, original.size);
  for (std::size_t i = 0; i < original.pixels.size(); ++i) {
    ASSERT_NEAR(decoded.pixels[i], original.pixels[i], 16) << "value " << i;
  }
}

TEST(DecodePicture, TurnsGreyJpegIntoRgb) {
  const Picture decoded = decode_picture(grey_jpeg_of({8, 8}, 77), "a.jpg");
  ASSERT_EQ(decoded.pixels.size(), 192u);
  EXPECT_THAT(decoded.pixels, Each(77));
}

TEST(DecodePicture, TurnsEveryKindOfPngInto8BitRgb) {
  const RawPng grey{{1, 2}, 8, PNG_COLOR_TYPE_GRAY, {5, 250}, {}};
  EXPECT_THAT(decode_picture(png_of(grey), "a").pixels, ElementsAre(5, 5, 5, 250, 250, 250));
  const RawPng palette{{1, 2}, 8, PNG_COLOR_TYPE_PALETTE, {1, 0}, {9, 8, 7, 1, 2, 3}};
  EXPECT_THAT(decode_picture(png_of(palette), "a").pixels, ElementsAre(1, 2, 3, 9, 8, 7));
  const RawPng alpha{{1, 2}, 8, PNG_COLOR_TYPE_RGB_ALPHA, {1, 2, 3, 255, 9, 9, 9, 0}, {}};
  EXPECT_THAT(decode_picture(png_of(alpha), "a").pixels, ElementsAre(1, 2, 3, 255, 255, 255));
  const RawPng deep{{1, 1}, 16, PNG_COLOR_TYPE_RGB, {10, 10, 20, 20, 200, 200}, {}};
  EXPECT_THAT(decode_picture(png_of(deep), "a").pixels, ElementsAre(10, 20, 200));
}

TEST(DecodePicture, RejectsDamagedFilesByName) {
  const std::string jpeg = jpeg_of(gradient_picture({64, 64}));
  const std::string png = png_of(gradient_picture({64, 64}));
  std::string flipped = png;
  flipped[png.size() / 2] = static_cast<char>(flipped[png.size() / 2] ^ 0x55);
  std::string scrambled = jpeg;
  for (std::size_t i = jpeg.size() / 2; i < jpeg.size() / 2 + 40; ++i) scrambled[i] = '\xff';
  for (const std::string& file : {jpeg.substr(0, jpeg.size() / 2), jpeg.substr(0, 20),
                                  jpeg.substr(0, jpeg.size() - 2), scrambled, png.substr(0, png.size() / 2),
                                  png.substr(0, 20), flipped, std::string("no picture"), std::string()}) {
    const std::string message = message_of<InputError>([&] { decode_picture(file, "folder/bad.jpg"); });
    EXPECT_THAT(message, HasSubstr("folder/bad.jpg: ")) << file.size() << " bytes";
    EXPECT_THAT(message, Not(HasSubstr("\n")));
  }
}

TEST(DecodePicture, RejectsAnAbsurdSizeBeforeAskingForItsMemory) {
  std::string jpeg = jpeg_of(plain_picture({8, 8}, 1, 2, 3));
  const std::size_t frame = jpeg.find("\xff\xc0");
  ASSERT_NE(frame, std::string::npos);
  jpeg.replace(frame + 5, 4, "\xff\xf0\xff\xf0");
  EXPECT_THAT(message_of<InputError>([&] { decode_picture(jpeg, "huge.jpg"); }), HasSubstr("huge.jpg: "));
}

TEST(Resize, KeepsAPlainColourAndTheSameSize) {
  const Picture plain = plain_picture({7, 5}, 3, 130, 255);
  std::vector<std::uint8_t> out(3 * 4 * 9);
  resize(plain.pixels, plain.size, {4, 9}, out);
  EXPECT_EQ(out, plain_picture({4, 9}, 3, 130, 255).pixels);
  const Picture gradient = gradient_picture({6, 6});
  std::vector<std::uint8_t> same(gradient.pixels.size());
  resize(gradient.pixels, gradient.size, gradient.size, same);
  EXPECT_EQ(same, gradient.pixels);
}

TEST(Resize, InterpolatesLinearlyWhenGrowing) {
  const std::vector<std::uint8_t> pixels = {0, 0, 0, 100, 100, 100};
  std::vector<std::uint8_t> out(12);
  resize(pixels, {1, 2}, {1, 4}, out);
  EXPECT_THAT(out, ElementsAre(0, 0, 0, 25, 25, 25, 75, 75, 75, 100, 100, 100));
}

TEST(Resize, WeighsEverySourcePixelWhenShrinking) {
  // Alternating columns: any filter without antialiasing would return 0 or 200 throughout.
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < 64; ++i) pixels.insert(pixels.end(), 3, i % 2 == 0 ? 0 : 200);
  std::vector<std::uint8_t> out(8 * 3);
  resize(pixels, {1, 64}, {1, 8}, out);
  for (const std::uint8_t value : out) EXPECT_NEAR(value, 100, 8);
}

}  // namespace
}  // namespace ftl::data
