#include "data/derived_dataset.hpp"

#include <cmath>

#include "base/error.hpp"
#include "base/index.hpp"
#include "base/random.hpp"

namespace ftl::data {
namespace {

// The training pictures of each class, in an order that is always the same.
std::vector<IndexList> shuffled_by_class(const Dataset& dataset) {
  const Split& split = dataset.train;
  std::vector<IndexList> by_class(dataset.class_names.size());
  for (std::int32_t i = 0; i < split.count(); ++i) by_class[at(split.label(i))].push_back(i);
  for (std::size_t c = 0; c < by_class.size(); ++c) {
    Random random(0, RandomPurpose::holdout, static_cast<std::uint32_t>(c));
    shuffle(by_class[c], random);
  }
  return by_class;
}

// For each picture of the split whether it is held out.
std::vector<bool> draw_holdout(const Dataset& dataset, double share) {
  const std::vector<IndexList> by_class = shuffled_by_class(dataset);
  std::vector<bool> held_out(static_cast<std::size_t>(dataset.train.count()), false);
  for (std::size_t c = 0; c < by_class.size(); ++c) {
    const IndexList& pictures = by_class[c];
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
  const std::vector<IndexList> by_class = shuffled_by_class(dataset);
  std::vector<bool> held_out(static_cast<std::size_t>(dataset.train.count()), false);
  for (std::size_t c = 0; c < by_class.size(); ++c) {
    const IndexList& pictures = by_class[c];
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
  IndexList kept;
  IndexList left_out;
  for (std::int32_t i = 0; i < dataset.train.count(); ++i) (held_out[at(i)] ? left_out : kept).push_back(i);
  Dataset result = dataset;
  result.train = dataset.train.subset(kept);
  result.test = dataset.train.subset(left_out);
  return result;
}

}  // namespace

Dataset hold_out(const Dataset& dataset, double share) {
  Dataset result = split_off(dataset, draw_holdout(dataset, share));
  result.holdout = share;
  return result;
}

Dataset leave_out(const Dataset& dataset, const Fold& fold) {
  return split_off(dataset, draw_fold(dataset, fold));
}

}  // namespace ftl::data
