#include "data/jpeg.hpp"

#include <jerror.h>
#include <jpeglib.h>

#include <csetjmp>
#include <cstdio>

#include "base/error.hpp"

namespace ftl::data {
namespace {

// libjpeg reports through callbacks that must not return; it is C, so they leave by longjmp.
struct ErrorHandler {
  jpeg_error_mgr manager;  // first: libjpeg hands back its address
  std::jmp_buf exit;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void leave(j_common_ptr codec) {
  auto* handler = reinterpret_cast<ErrorHandler*>(codec->err);
  handler->manager.format_message(codec, handler->message);
  std::longjmp(handler->exit, 1);
}

// libjpeg only warns of missing or corrupt data and fills in grey. A wrong picture is worse than none, so
// every warning that concerns the pixels is an error here.
void judge_message(j_common_ptr codec, int level) {
  const int code = codec->err->msg_code;
  const bool harmless = code == JWRN_EXTRANEOUS_DATA || code == JWRN_ADOBE_XFORM || code == JWRN_JFIF_MAJOR;
  if (level < 0 && !harmless) leave(codec);
}

class Decoder {
 public:
  Decoder(std::string_view file, std::string_view name) : file_(file), name_(name) {
    codec_.err = jpeg_std_error(&handler_.manager);
    handler_.manager.error_exit = leave;
    handler_.manager.emit_message = judge_message;
    guarded([this] { jpeg_create_decompress(&codec_); });
  }
  ~Decoder() { jpeg_destroy_decompress(&codec_); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  PictureSize read_header() {
    guarded([this] {
      jpeg_mem_src(&codec_, reinterpret_cast<const unsigned char*>(file_.data()), file_.size());
      jpeg_read_header(&codec_, TRUE);
    });
    return {static_cast<int>(codec_.image_height), static_cast<int>(codec_.image_width)};
  }

  void read_pixels(std::uint8_t* pixels) {
    if (codec_.jpeg_color_space == JCS_CMYK || codec_.jpeg_color_space == JCS_YCCK) {
      throw InputError("{}: a CMYK JPEG; convert it to RGB", name_);
    }
    guarded([this, pixels] {
      codec_.out_color_space = JCS_RGB;
      jpeg_start_decompress(&codec_);
      while (codec_.output_scanline < codec_.output_height) {
        JSAMPROW row = pixels + std::size_t{codec_.output_scanline} * codec_.output_width * 3;
        jpeg_read_scanlines(&codec_, &row, 1);
      }
      jpeg_finish_decompress(&codec_);
    });
  }

 private:
  // `action` must own nothing: longjmp skips destructors.
  template <class Action>
  void guarded(const Action& action) {
    if (setjmp(handler_.exit) != 0) throw InputError("{}: a damaged JPEG: {}", name_, handler_.message);
    action();
  }

  std::string_view file_;
  std::string_view name_;
  ErrorHandler handler_{};
  jpeg_decompress_struct codec_{};
};

}  // namespace

bool is_jpeg(std::string_view file) {
  return file.starts_with("\xff\xd8\xff");
}

PictureSize jpeg_size(std::string_view file, std::string_view name) {
  return Decoder(file, name).read_header();
}

Picture decode_jpeg(std::string_view file, std::string_view name) {
  Decoder decoder(file, name);
  Picture picture{decoder.read_header(), {}};
  picture.pixels.resize(static_cast<std::size_t>(picture.size.bytes()));
  decoder.read_pixels(picture.pixels.data());
  return picture;
}

}  // namespace ftl::data
