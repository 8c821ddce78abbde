// A labelled set of pictures in memory: what every reader produces and the trainer consumes.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ftl::data {

// Pictures of one size, [count][height][width][3] uint8 RGB, and their labels. A view into memory that the
// Dataset owns (the mapped cache file).
struct Split {
  std::int64_t count = 0;
  int height = 0;
  int width = 0;
  const std::uint8_t* pixels = nullptr;
  const std::int32_t* labels = nullptr;

  std::int64_t picture_bytes() const { return std::int64_t{height} * width * 3; }
  std::span<const std::uint8_t> picture(std::int64_t index) const {
    return {pixels + index * picture_bytes(), static_cast<std::size_t>(picture_bytes())};
  }
};

struct Dataset {
  std::string name;    // "cifar10-jpeg.tar.gz", "synthetic": for people
  std::string digest;  // for machines: of the content, hexadecimal, and "-16x16" where a size was asked for
  std::vector<std::string> class_names;
  Split train;
  Split test;
  // Per channel over the training split, of values in [0, 1].
  std::array<float, 3> mean{};
  std::array<float, 3> standard_deviation{};
  // The share of the training pictures that stands in for the test split (hold_out); 0: the test split is its
  // own.
  double holdout = 0;
  std::shared_ptr<const void> storage;  // keeps the pixels alive
  std::filesystem::path import;  // the cached file that it is mapped from (with another test split: the
                                 // training part's)

  int classes() const { return static_cast<int>(class_names.size()); }
};

// Called now and then during an import with what is done and all there is to do (bytes or files; 0 when
// unknown).
using ImportProgress = std::function<void(std::int64_t done, std::int64_t total)>;

struct OpenOptions {
  std::string data;       // a path, or "synthetic"
  std::string test_data;  // another test split; empty: the one that comes with `data`
  int picture_size =
      0;  // pictures of image folders are resized to this square; 0: 32 unless all have one other size
  std::filesystem::path cache;  // folder of cached imports; empty: cache_folder()
  ImportProgress progress;      // may be empty
};

// What Dataset::name says of one that was named so.
std::string dataset_name(const std::string& data);

// Opens a dataset through its cached import, importing first when there is none for this content. Throws
// InputError naming the file and what is wrong with it.
Dataset open_dataset(const OpenOptions& options);

// $FTL_CACHE, else $XDG_CACHE_HOME/ftl, else ~/.cache/ftl.
std::filesystem::path cache_folder();

}  // namespace ftl::data
