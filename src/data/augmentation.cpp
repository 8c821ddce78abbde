#include "data/augmentation.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "base/error.hpp"
#include "base/random.hpp"

namespace ftl::data {

// Rows [top, bottom) and columns [left, right).
struct Area {
  int top = 0;
  int left = 0;
  int bottom = 0;
  int right = 0;

  Area intersection(const Area& other) const {
    return {std::max(top, other.top), std::max(left, other.left), std::min(bottom, other.bottom),
            std::min(right, other.right)};
  }
};

namespace {

// Normalises scale * value + offset, of values in [0, 1]. A channel that never varies is centred only.
ByteTable make_table(const Dataset& dataset, float scale, float offset) {
  ByteTable table;
  for (std::size_t c = 0; c < 3; ++c) {
    const double deviation = dataset.standard_deviation[c];
    const double factor = deviation > 0 ? 1 / deviation : 1;
    const auto slope = static_cast<float>(scale * factor / 255);
    const auto start = static_cast<float>((offset - dataset.mean[c]) * factor);
    for (int byte = 0; byte < 256; ++byte) {
      table[c][static_cast<std::size_t>(byte)] = to_bf16(slope * static_cast<float>(byte) + start);
    }
  }
  return table;
}

// The index within [0, size) that mirrors at the first and last one, which are not repeated (PyTorch's
// "reflect").
int reflect(int index, int size) {
  if (size == 1) return 0;
  const int period = 2 * (size - 1);
  const int folded = std::abs(index) % period;
  return std::min(folded, period - folded);
}

// Which pixel of a picture comes where: out(y, x) = picture(y + offset_y, x + offset_x), mirrored from left
// to right afterwards.
struct Window {
  int offset_y = 0;
  int offset_x = 0;
  bool mirror = false;
};

Area whole(PictureSize size) {
  return {0, 0, size.height, size.width};
}

Area random_square(PictureSize size, int side, Random& random) {
  const auto top = static_cast<int>(random.below(static_cast<std::uint32_t>(size.height - side + 1)));
  const auto left = static_cast<int>(random.below(static_cast<std::uint32_t>(size.width - side + 1)));
  return {top, left, top + side, left + side};
}

// Writes the area of one picture, [height][width][3] of both, as the window shows it.
void copy_window(std::span<const std::uint8_t> picture, PictureSize size, const Window& window,
                 const ByteTable& table, const Area& area, bf16* out) {
  thread_local std::vector<int> columns;
  columns.resize(static_cast<std::size_t>(size.width));
  for (int x = area.left; x < area.right; ++x) {
    const int unmirrored = window.mirror ? size.width - 1 - x : x;
    columns[static_cast<std::size_t>(x)] = 3 * reflect(unmirrored + window.offset_x, size.width);
  }
  for (int y = area.top; y < area.bottom; ++y) {
    const std::uint8_t* row =
        picture.data() + std::int64_t{reflect(y + window.offset_y, size.height)} * size.width * 3;
    bf16* to = out + (std::int64_t{y} * size.width + area.left) * 3;
    const int* column = columns.data() + area.left;
    for (int x = area.left; x < area.right; ++x, to += 3) {
      const std::uint8_t* from = row + *column++;
      to[0] = table[0][from[0]];
      to[1] = table[1][from[1]];
      to[2] = table[2][from[2]];
    }
  }
}

// The mean is zero once normalised.
void erase(PictureSize size, const Area& area, bf16* out) {
  for (int y = area.top; y < area.bottom; ++y) {
    for (int x = 3 * area.left; x < 3 * area.right; ++x) out[std::int64_t{y} * size.width * 3 + x] = bf16{0};
  }
}

// What is drawn for one picture in one epoch, apart from CutMix.
struct Draw {
  Window window;
  Area cutout;
  float contrast = 1;
  float brightness = 0;
};

Draw draw(const AugmentationConfig& config, PictureSize size, bool alternating_flip, Random random) {
  Draw drawn;
  if (config.pad > 0) {
    const auto places = static_cast<std::uint32_t>(2 * config.pad + 1);
    drawn.window.offset_y = static_cast<int>(random.below(places)) - config.pad;
    drawn.window.offset_x = static_cast<int>(random.below(places)) - config.pad;
  }
  if (config.flip == Flip::random) drawn.window.mirror = (random.next() & 1) != 0;
  if (config.flip == Flip::alternating) drawn.window.mirror = alternating_flip;
  if (config.cutout > 0) drawn.cutout = random_square(size, config.cutout, random);
  drawn.contrast = random.uniform(1 - config.contrast, 1 + config.contrast);
  drawn.brightness = random.uniform(-config.brightness, config.brightness);
  return drawn;
}

float mean_value(std::span<const std::uint8_t> picture) {
  const std::uint64_t sum = std::accumulate(picture.begin(), picture.end(), std::uint64_t{0});
  return static_cast<float>(static_cast<double>(sum) / (255.0 * static_cast<double>(picture.size())));
}

// Until the thread's next picture.
std::span<const std::uint8_t> read(const Split& split, std::int64_t index) {
  thread_local std::vector<std::uint8_t> room;
  return split.read(index, room);
}

template <class IndexOf>
void fill_views(const Dataset& dataset, const Split& split, const View& view, std::int64_t images,
                const IndexOf& index_of, bf16* pictures) {
  const ByteTable table = make_table(dataset, 1, 0);
  const Window window{-view.shift_y, -view.shift_x, view.mirror};
  const PictureSize size = split.size();
  for (std::int64_t i = 0; i < images; ++i) {
    copy_window(read(split, index_of(i)), size, window, table, whole(size), pictures + i * size.bytes());
  }
}

}  // namespace

std::string_view name(Views kind) {
  return kind == Views::plain ? "plain" : kind == Views::mirror ? "mirror" : "six";
}

std::vector<View> views(Views kind) {
  switch (kind) {
    case Views::plain:
      return {View{}};
    case Views::mirror:
      return {View{false, 0, 0, 0.5f}, View{true, 0, 0, 0.5f}};
    case Views::six:
      return {View{false, 0, 0, 0.25f},   View{true, 0, 0, 0.25f},   View{false, -1, -1, 0.125f},
              View{true, -1, -1, 0.125f}, View{false, 1, 1, 0.125f}, View{true, 1, 1, 0.125f}};
  }
  throw InputError("unknown kind of views {}", static_cast<int>(kind));
}

AugmentationConfig scaled(const AugmentationConfig& config, double scale) {
  const auto in_proportion = [scale](int pixels) {
    return pixels > 0 ? std::max(1, static_cast<int>(std::lround(pixels * scale))) : pixels;
  };
  AugmentationConfig result = config;
  result.pad = in_proportion(config.pad);
  result.cutout = in_proportion(config.cutout);
  result.cutmix = in_proportion(config.cutmix);
  return result;
}

void check_augmentation(const AugmentationConfig& config, PictureSize size) {
  const int side = std::min(size.height, size.width);
  if (config.pad < 0 || config.pad >= side) {
    throw InputError("augment.pad is {}; it must be from 0 to {} for pictures of {}x{}", config.pad, side - 1,
                     size.width, size.height);
  }
  if (config.brightness < 0 || config.contrast < 0) {
    throw InputError("augment.brightness and augment.contrast are {} and {}; they must not be negative",
                     config.brightness, config.contrast);
  }
  const auto check_square = [&](const char* key, int value) {
    if (value < 0 || value > side) {
      throw InputError("augment.{} is {}; it must be from 0 to {} for pictures of {}x{}", key, value, side,
                       size.width, size.height);
    }
  };
  check_square("cutout", config.cutout);
  check_square("cutmix", config.cutmix);
}

std::vector<std::int32_t> epoch_order(std::int64_t count, std::uint64_t seed, int epoch) {
  std::vector<std::int32_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  Random random(seed, RandomPurpose::shuffle, static_cast<std::uint32_t>(epoch));
  shuffle(order, random);
  return order;
}

TrainingLoader::TrainingLoader(const Dataset& dataset, const AugmentationConfig& config, std::uint64_t seed)
    : dataset_(dataset), config_(config), seed_(seed), table_(make_table(dataset, 1, 0)) {
  check_augmentation(config_, dataset_.train.size());
}

void TrainingLoader::begin_epoch(int epoch) {
  epoch_ = epoch;
  order_ = epoch_order(count(), seed_, epoch);
  if (config_.flip != Flip::alternating || !first_flip_.empty()) return;
  first_flip_.resize(static_cast<std::size_t>(count()));
  Random flips(seed_, RandomPurpose::flip);
  for (std::uint8_t& flip : first_flip_) flip = flips.next() & 1;
}

void TrainingLoader::fill(const Request& request) const {
  const Split& split = dataset_.train;
  const PictureSize size = split.size();
  const bool cutmix = config_.cutmix > 0 && epoch_ >= config_.cutmix_start;
  for (int i = 0; i < request.images; ++i) {
    const std::int64_t place = request.places != nullptr ? request.places[i] : request.first + i;
    const std::int32_t picture = order_[static_cast<std::size_t>(place)];
    bf16* out = request.pictures + i * size.bytes();
    const std::int32_t label = split.label(picture);
    request.targets[i] = {label, label, 1.0f};
    write_area(picture, whole(size), request.times_taken, out);
    if (!cutmix) continue;
    Random random(seed_, RandomPurpose::cutmix, static_cast<std::uint32_t>(epoch_),
                  static_cast<std::uint32_t>(picture));
    const Area square = random_square(size, config_.cutmix, random);
    const auto other = random.below(static_cast<std::uint32_t>(request.batch_images));
    const std::int32_t partner = order_[static_cast<std::size_t>(request.batch_first + other)];
    write_area(partner, square, request.times_taken, out);
    const auto area = static_cast<float>(config_.cutmix * config_.cutmix);
    request.targets[i].other = split.label(partner);
    request.targets[i].label_weight = 1 - area / static_cast<float>(size.height * size.width);
  }
}

void TrainingLoader::write_area(std::int32_t picture, const Area& area, const std::uint8_t* times_taken,
                                bf16* out) const {
  const PictureSize size = dataset_.train.size();
  const bool first_flip = !first_flip_.empty() && first_flip_[static_cast<std::size_t>(picture)] != 0;
  const int turn = times_taken != nullptr ? times_taken[picture] : epoch_;
  const Draw drawn = draw(config_, size, first_flip != (turn % 2 != 0),
                          Random(seed_, RandomPurpose::augmentation, static_cast<std::uint32_t>(epoch_),
                                 static_cast<std::uint32_t>(picture)));
  const std::span<const std::uint8_t> pixels = read(dataset_.train, picture);
  if (config_.contrast > 0 || config_.brightness > 0) {
    const float kept = mean_value(pixels) * (1 - drawn.contrast);
    const ByteTable table = make_table(dataset_, drawn.contrast, kept + drawn.brightness);
    copy_window(pixels, size, drawn.window, table, area, out);
  } else {
    copy_window(pixels, size, drawn.window, table_, area, out);
  }
  erase(size, drawn.cutout.intersection(area), out);
}

void fill_view(const Dataset& dataset, const Split& split, const View& view, std::int64_t first, int images,
               bf16* pictures) {
  fill_views(
      dataset, split, view, images, [first](std::int64_t i) { return first + i; }, pictures);
}

void fill_view(const Dataset& dataset, const Split& split, const View& view,
               std::span<const std::int32_t> indices, bf16* pictures) {
  const auto index_of = [indices](std::int64_t i) { return indices[static_cast<std::size_t>(i)]; };
  fill_views(dataset, split, view, static_cast<std::int64_t>(indices.size()), index_of, pictures);
}

}  // namespace ftl::data
