// Pictures from a split, augmented and normalised, in batches that depend on (seed, epoch, position) only
// (and on how often pictures were taken, where that is told): neither the number of threads nor their timing
// changes a bit.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/bfloat16.hpp"
#include "data/dataset.hpp"
#include "tensor/target.hpp"

namespace ftl::data {

enum class Flip {
  none,
  random,       // each picture with probability 1/2, every time
  alternating,  // drawn once a picture, then the other side every other time (Jordan, airbench)
};

struct AugmentationConfig {
  int pad = 0;  // reflect-pad by this many pixels, then cut out a window at a random place
  Flip flip = Flip::none;
  // Side of a square set to the mean, at a random place wholly inside; 0: none (DeVries and Taylor 2017).
  int cutout = 0;
  // Side of a square taken from the same place of another augmented picture of the batch, drawn at random; 0:
  // none (Yun et al. 2019, with a fixed side).
  int cutmix = 0;
  double cutmix_start = 0;  // the first epoch with CutMix
  float brightness = 0;     // adds uniform in [-brightness, brightness], in units of [0, 1] pixel values
  float contrast = 0;       // scales around the picture's mean by uniform in [1 - contrast, 1 + contrast]

  friend bool operator==(const AugmentationConfig&, const AugmentationConfig&) = default;
};

// The same for pictures of `scale` times the size: pad, cutout and cutmix in proportion, rounded to whole
// pixels, and at least 1 where they are above 0.
AugmentationConfig scaled(const AugmentationConfig& config, double scale);

// Throws InputError naming the setting that the pictures are too small for, or that is negative.
void check_augmentation(const AugmentationConfig& config, PictureSize size);

// One view of test-time augmentation: the picture shifted, then mirrored from left to right.
struct View {
  bool mirror = false;
  int shift_y = 0;  // the picture's content moves by this many pixels, borders reflected
  int shift_x = 0;
  float weight = 1.0f;

  bool is_plain() const { return !mirror && shift_y == 0 && shift_x == 0; }
};
enum class Views { plain, mirror, six };
inline constexpr std::array<Views, 3> kAllViews{Views::plain, Views::mirror, Views::six};
// As recipes call it.
std::string_view name(Views kind);
// plain: the picture; mirror: it and its mirror image, half each; six: mirror x {none, 1 pixel up-left, 1
// pixel down-right} with weights 1/2 for none and 1/4 for each shift (airbench). Weights sum to 1.
std::vector<View> views(Views kind);

// The pictures 0 to count - 1 in the order that an epoch (0, 1, ...) takes them.
std::vector<std::int32_t> epoch_order(std::int64_t count, std::uint64_t seed, int epoch);

struct Area;
// The bf16 value of each byte of each channel.
using ByteTable = std::array<std::array<bf16, 256>, 3>;

class TrainingLoader {
 public:
  // Throws InputError as check_augmentation does.
  TrainingLoader(const Dataset& dataset, const AugmentationConfig& config, std::uint64_t seed);
  std::int64_t count() const { return dataset_.train.count(); }

  // Draws the order of `epoch` (0, 1, ...) and, on its first call, what is drawn once a picture.
  void begin_epoch(int epoch);

  // The epoch's pictures in its order.
  std::span<const std::int32_t> order() const { return order_; }

  // Writes pictures [first, first + images) of the epoch's order as [images][height][width][3] bf16,
  // normalised by the dataset's mean and standard deviation, and what they are. May be called from several
  // threads at once. `batch_first` and `batch_images` delimit the whole batch in the epoch's order (CutMix's
  // partners come from it).
  struct Request {
    std::int64_t first = 0;
    int images = 0;
    std::int64_t batch_first = 0;
    std::int64_t batch_images = 0;
    bf16* pictures = nullptr;
    Target* targets = nullptr;
    // Places in the epoch's order to take instead of [first, first + images), where not null.
    const std::int32_t* places = nullptr;
    // How often each picture of the split was taken before, modulo 256, for alternating flips; null: once an
    // epoch.
    const std::uint8_t* times_taken = nullptr;
  };
  void fill(const Request& request) const;

 private:
  void write_area(std::int32_t picture, const Area& area, const std::uint8_t* times_taken, bf16* out) const;

  Dataset dataset_;  // shares the pixels
  AugmentationConfig config_;
  std::uint64_t seed_;
  ByteTable table_;
  int epoch_ = 0;
  std::vector<std::int32_t> order_;
  std::vector<std::uint8_t> first_flip_;
};

// Pictures [first, first + images) of a split under one view, normalised, as [images][height][width][3] bf16.
void fill_view(const Dataset& dataset, const Split& split, const View& view, std::int64_t first, int images,
               bf16* pictures);
// The same for the pictures that `indices` names.
void fill_view(const Dataset& dataset, const Split& split, const View& view,
               std::span<const std::int32_t> indices, bf16* pictures);

}  // namespace ftl::data
