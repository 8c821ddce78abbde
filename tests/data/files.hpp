// Little datasets for tests, written with the libraries that the readers read with.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <jpeglib.h>  // needs <cstdio> first
#include <png.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "data/picture.hpp"
#include "data/split.hpp"

namespace ftl::data {

// Path to contents; a path that ends in '/' is a folder.
using Tree = std::map<std::string, std::string>;

inline void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

inline void write_tree(const std::filesystem::path& folder, const Tree& tree) {
  for (const auto& [path, bytes] : tree) {
    if (path.ends_with('/')) {
      std::filesystem::create_directories(folder / path);
    } else {
      write_file(folder / path, bytes);
    }
  }
}

enum class ArchiveKind { tar, tar_gz, zip };
inline std::string archive_of(const Tree& tree, ArchiveKind kind) {
  std::string bytes(1 << 22, '\0');
  std::size_t used = 0;
  archive* out = archive_write_new();
  if (kind == ArchiveKind::zip) {
    archive_write_set_format_zip(out);
  } else {
    archive_write_set_format_pax_restricted(out);
  }
  if (kind == ArchiveKind::tar_gz) archive_write_add_filter_gzip(out);
  archive_write_open_memory(out, bytes.data(), bytes.size(), &used);
  for (const auto& [path, contents] : tree) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, path.c_str());
    archive_entry_set_filetype(entry, path.ends_with('/') ? AE_IFDIR : AE_IFREG);
    archive_entry_set_size(entry, static_cast<la_int64_t>(contents.size()));
    archive_entry_set_perm(entry, 0755);
    archive_write_header(out, entry);
    archive_write_data(out, contents.data(), contents.size());
    archive_entry_free(entry);
  }
  archive_write_close(out);
  archive_write_free(out);
  bytes.resize(used);
  return bytes;
}

// One colour all over.
inline Picture plain_picture(PictureSize size, std::uint8_t red, std::uint8_t green, std::uint8_t blue) {
  Picture picture{size, {}};
  for (int i = 0; i < size.height * size.width; ++i) {
    picture.pixels.insert(picture.pixels.end(), {red, green, blue});
  }
  return picture;
}

// Smooth in both directions, so that JPEG keeps it.
inline Picture gradient_picture(PictureSize size) {
  Picture picture{size, {}};
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      const auto down = static_cast<std::uint8_t>(200 * y / size.height);
      const auto across = static_cast<std::uint8_t>(200 * x / size.width);
      picture.pixels.insert(picture.pixels.end(), {down, across, 100});
    }
  }
  return picture;
}

inline std::string encode_jpeg(const std::vector<std::uint8_t>& pixels, PictureSize size, int channels) {
  jpeg_compress_struct codec{};
  jpeg_error_mgr errors{};
  codec.err = jpeg_std_error(&errors);
  jpeg_create_compress(&codec);
  unsigned char* bytes = nullptr;
  unsigned long count = 0;
  jpeg_mem_dest(&codec, &bytes, &count);
  codec.image_height = static_cast<JDIMENSION>(size.height);
  codec.image_width = static_cast<JDIMENSION>(size.width);
  codec.input_components = channels;
  codec.in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&codec);
  jpeg_set_quality(&codec, 95, TRUE);
  jpeg_start_compress(&codec, TRUE);
  for (int y = 0; y < size.height; ++y) {
    auto* row = const_cast<JSAMPROW>(pixels.data() + std::ptrdiff_t{y} * size.width * channels);
    jpeg_write_scanlines(&codec, &row, 1);
  }
  jpeg_finish_compress(&codec);
  std::string file(reinterpret_cast<char*>(bytes), count);
  jpeg_destroy_compress(&codec);
  free(bytes);
  return file;
}

inline std::string jpeg_of(const Picture& picture) {
  return encode_jpeg(picture.pixels, picture.size, 3);
}

inline std::string grey_jpeg_of(PictureSize size, std::uint8_t grey) {
  const auto pixels = static_cast<std::size_t>(size.height) * static_cast<std::size_t>(size.width);
  return encode_jpeg(std::vector<std::uint8_t>(pixels, grey), size, 1);
}

// Any kind: rows as libpng wants them; the palette is used by PNG_COLOR_TYPE_PALETTE.
struct RawPng {
  PictureSize size;
  int bit_depth = 8;
  int color_type = 0;
  std::vector<std::uint8_t> bytes;    // all rows
  std::vector<std::uint8_t> palette;  // RGB triples
};
inline std::string png_of(const RawPng& raw) {
  std::string file;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  const auto append = [](png_structp codec, png_bytep bytes, png_size_t count) {
    static_cast<std::string*>(png_get_io_ptr(codec))->append(reinterpret_cast<char*>(bytes), count);
  };
  png_set_write_fn(png, &file, append, nullptr);
  png_set_IHDR(png, info, static_cast<png_uint_32>(raw.size.width), static_cast<png_uint_32>(raw.size.height),
               raw.bit_depth, raw.color_type, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  std::vector<png_color> palette;
  for (std::size_t i = 0; i < raw.palette.size(); i += 3) {
    palette.push_back({raw.palette[i], raw.palette[i + 1], raw.palette[i + 2]});
  }
  if (!palette.empty()) png_set_PLTE(png, info, palette.data(), static_cast<int>(palette.size()));
  png_write_info(png, info);
  const std::size_t row_bytes = raw.bytes.size() / static_cast<std::size_t>(raw.size.height);
  for (std::size_t y = 0; y < static_cast<std::size_t>(raw.size.height); ++y) {
    png_write_row(png, raw.bytes.data() + y * row_bytes);
  }
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return file;
}

// 8-bit RGB.
inline std::string png_of(const Picture& picture) {
  return png_of(RawPng{picture.size, 8, PNG_COLOR_TYPE_RGB, picture.pixels, {}});
}

inline std::vector<std::uint8_t> pixels_of(const Split& split, std::int64_t index) {
  std::vector<std::uint8_t> room;
  const std::span<const std::uint8_t> pixels = split.read(index, room);
  return {pixels.begin(), pixels.end()};
}

// A CIFAR record: its label bytes, then 32x32 pixels of one colour.
inline std::string cifar_record(const std::string& labels, std::uint8_t red, std::uint8_t green,
                                std::uint8_t blue) {
  std::string record = labels;
  for (const std::uint8_t value : {red, green, blue}) record += std::string(1024, static_cast<char>(value));
  return record;
}

// An image folder with one picture a class and split.
inline Tree small_image_folder(const std::string& prefix = "") {
  const PictureSize size{8, 8};
  return {{prefix + "train/cat/0.png", png_of(plain_picture(size, 10, 20, 30))},
          {prefix + "train/dog/0.png", png_of(plain_picture(size, 40, 50, 60))},
          {prefix + "test/cat/0.png", png_of(plain_picture(size, 70, 80, 90))},
          {prefix + "test/dog/0.png", png_of(plain_picture(size, 100, 110, 120))}};
}

// The message of the exception that `action` throws; "" when it throws none.
template <class Exception, class Action>
std::string message_of(const Action& action) {
  try {
    action();
  } catch (const Exception& error) {
    return error.what();
  }
  return "";
}

}  // namespace ftl::data
