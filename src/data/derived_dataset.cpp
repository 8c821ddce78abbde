#include "data/derived_dataset.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/index.hpp"
#include "base/random.hpp"
#include "tensor/buffer.hpp"
#include "tensor/layout.hpp"

namespace ftl::data {
namespace {

constexpr std::int64_t kPicturesAtATime = 256;

// Pictures and labels in memory of their own.
struct OwnSplit {
  std::vector<std::uint8_t> pixels;
  std::vector<std::int32_t> labels;
};

void add_picture(const Split& from, std::int64_t index, OwnSplit& to) {
  const std::span<const std::uint8_t> picture = from.picture(index);
  to.pixels.insert(to.pixels.end(), picture.begin(), picture.end());
  to.labels.push_back(from.labels[index]);
}

Split split_of(const OwnSplit& own, const Split& like) {
  return {static_cast<std::int64_t>(own.labels.size()), like.height, like.width, own.pixels.data(),
          own.labels.data()};
}

// The training pictures of each class, in an order that is always the same.
std::vector<std::vector<std::int32_t>> shuffled_by_class(const Dataset& dataset) {
  const Split& split = dataset.train;
  std::vector<std::vector<std::int32_t>> by_class(dataset.class_names.size());
  for (std::int32_t i = 0; i < split.count; ++i) by_class[at(split.labels[i])].push_back(i);
  for (std::size_t c = 0; c < by_class.size(); ++c) {
    Random random(0, RandomPurpose::holdout, static_cast<std::uint32_t>(c));
    shuffle(by_class[c], random);
  }
  return by_class;
}

// For each picture of the split whether it is held out.
std::vector<bool> draw_holdout(const Dataset& dataset, double share) {
  const std::vector<std::vector<std::int32_t>> by_class = shuffled_by_class(dataset);
  std::vector<bool> held_out(static_cast<std::size_t>(dataset.train.count), false);
  for (std::size_t c = 0; c < by_class.size(); ++c) {
    const std::vector<std::int32_t>& pictures = by_class[c];
    const auto count = static_cast<std::size_t>(std::lround(share * static_cast<double>(pictures.size())));
    if (count < 1 || count >= pictures.size()) {
      throw InputError("train.holdout is {}, which would hold out {} of the {} training pictures of class {}",
                       share, count, pictures.size(), dataset.class_names[c]);
    }
    for (std::size_t i = 0; i < count; ++i) held_out[at(pictures[i])] = true;
  }
  return held_out;
}

// The same for a fold of each class.
std::vector<bool> draw_fold(const Dataset& dataset, const Fold& fold) {
  const std::vector<std::vector<std::int32_t>> by_class = shuffled_by_class(dataset);
  std::vector<bool> held_out(static_cast<std::size_t>(dataset.train.count), false);
  for (std::size_t c = 0; c < by_class.size(); ++c) {
    const std::vector<std::int32_t>& pictures = by_class[c];
    if (pictures.size() < static_cast<std::size_t>(fold.folds)) {
      throw InputError("{} folds of {} are too many: class {} has {} training pictures", fold.folds,
                       dataset.name, dataset.class_names[c], pictures.size());
    }
    for (auto i = static_cast<std::size_t>(fold.left_out); i < pictures.size();
         i += static_cast<std::size_t>(fold.folds)) {
      held_out[at(pictures[i])] = true;
    }
  }
  return held_out;
}

// The pictures that are held out stand in for the test split.
Dataset split_off(const Dataset& dataset, const std::vector<bool>& held_out) {
  struct Splits {
    OwnSplit train;
    OwnSplit test;
  };
  const auto splits = std::make_shared<Splits>();
  splits->train.pixels.reserve(static_cast<std::size_t>(dataset.train.count * dataset.train.picture_bytes()));
  for (std::int64_t i = 0; i < dataset.train.count; ++i) {
    add_picture(dataset.train, i, held_out[static_cast<std::size_t>(i)] ? splits->test : splits->train);
  }
  Dataset result = dataset;
  result.train = split_of(splits->train, dataset.train);
  result.test = split_of(splits->test, dataset.train);
  result.storage = splits;
  return result;
}

}  // namespace

Dataset resize_training(const Dataset& dataset, PictureSize size, ThreadPool& threads) {
  const Split& from = dataset.train;
  const auto pixels = std::make_shared<const Buffer>(from.count * size.bytes());
  const Resizer resizer({from.height, from.width}, size);
  threads.parallel_for(divide_up(from.count, kPicturesAtATime), [&](std::int64_t chunk, int) {
    const std::int64_t end = std::min(from.count, (chunk + 1) * kPicturesAtATime);
    for (std::int64_t i = chunk * kPicturesAtATime; i < end; ++i) {
      resizer.run(from.picture(i),
                  {pixels->as<std::uint8_t>() + i * size.bytes(), static_cast<std::size_t>(size.bytes())});
    }
  });
  Dataset resized = dataset;
  resized.train = {from.count, size.height, size.width, pixels->as<std::uint8_t>(), from.labels};
  using Storages = std::pair<std::shared_ptr<const void>, std::shared_ptr<const void>>;
  resized.storage = std::make_shared<const Storages>(dataset.storage, pixels);
  return resized;
}

Dataset hold_out(const Dataset& dataset, double share) {
  Dataset result = split_off(dataset, draw_holdout(dataset, share));
  result.holdout = share;
  return result;
}

Dataset leave_out(const Dataset& dataset, const Fold& fold) {
  return split_off(dataset, draw_fold(dataset, fold));
}

}  // namespace ftl::data
