#include "train/forgetting.hpp"

#include <algorithm>
#include <limits>

#include "data/augmentation.hpp"

namespace ftl::train {
namespace {

constexpr std::size_t kPicturesOfABin = 1000;

struct Sums {
  std::int64_t pictures = 0;
  double loss = 0;
  std::int64_t correct = 0;

  void add(const loss::PictureScore& score) {
    ++pictures;
    loss += score.loss;
    correct += score.correct ? 1 : 0;
  }
  GroupScore mean() const {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    if (pictures == 0) return {0, kNone, kNone};
    const auto count = static_cast<double>(pictures);
    return {pictures, loss / count, static_cast<double>(correct) / count};
  }
};

struct ClassSums {
  Sums all, recent, oldest;
};

struct Sampled {
  std::vector<std::int32_t> pictures;
  std::vector<std::size_t> bins;  // of each
};

Sampled sample(const PicturesByAge& pictures) {
  Sampled sampled;
  for (std::size_t bin = 0; bin < pictures.size(); ++bin) {
    const std::vector<std::int32_t>& all = pictures[bin];
    const std::size_t count = std::min(kPicturesOfABin, all.size());
    for (std::size_t i = 0; i < count; ++i) {
      sampled.pictures.push_back(all[i * all.size() / count]);
      sampled.bins.push_back(bin);
    }
  }
  return sampled;
}

}  // namespace

PicturesByAge pictures_by_age(const TrainingClock& clock, std::int64_t count, std::uint64_t seed) {
  PicturesByAge pictures;
  std::vector<bool> found(static_cast<std::size_t>(count), false);
  const std::int64_t length = clock.epoch_pictures();
  const auto add_epoch = [&](int epoch, std::int64_t drawn) {
    if (drawn == 0) return;
    const std::vector<std::int32_t> order = data::epoch_order(count, seed, epoch);
    // Of the place drawn last; from the clock's place in training back to it.
    std::int64_t ago = (clock.epoch() - epoch) * length + clock.first() - drawn;
    for (std::int64_t place = drawn - 1; place >= 0 && ago < length; --place, ++ago) {
      const std::int32_t picture = order[static_cast<std::size_t>(place)];
      if (found[static_cast<std::size_t>(picture)]) continue;
      found[static_cast<std::size_t>(picture)] = true;
      pictures[static_cast<std::size_t>(ago * kAgeBins / length)].push_back(picture);
    }
  };
  add_epoch(clock.epoch(), clock.first());
  add_epoch(clock.epoch() - 1, clock.drawn_of_last_epoch());
  return pictures;
}

ForgettingRecord measure_forgetting(Evaluator& evaluator, const data::Dataset& dataset,
                                    const PicturesByAge& pictures) {
  const Sampled sampled = sample(pictures);
  const std::vector<float> logits = evaluator.plain_logits(dataset.train, sampled.pictures);
  const auto classes = static_cast<std::size_t>(dataset.classes());
  std::array<Sums, kAgeBins> by_age;
  std::vector<ClassSums> by_class(classes);
  for (std::size_t i = 0; i < sampled.pictures.size(); ++i) {
    const std::int32_t label = dataset.train.label(sampled.pictures[i]);
    const loss::PictureScore score =
        loss::score_picture(std::span(logits).subspan(i * classes, classes), label);
    const std::size_t bin = sampled.bins[i];
    ClassSums& of_class = by_class[static_cast<std::size_t>(label)];
    by_age[bin].add(score);
    of_class.all.add(score);
    (bin < kAgeBins / 2 ? of_class.recent : of_class.oldest).add(score);
  }
  ForgettingRecord record;
  std::ranges::transform(by_age, record.by_age.begin(), &Sums::mean);
  for (std::size_t c = 0; c < classes; ++c) {
    const ClassSums& sums = by_class[c];
    record.by_class.push_back(
        {dataset.class_names[c], sums.all.mean(), sums.recent.mean(), sums.oldest.mean()});
  }
  return record;
}

}  // namespace ftl::train
