// A labelled set of pictures: what every reader produces and the trainer consumes.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/split.hpp"

namespace ftl::data {

// Copies share the pictures.
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
