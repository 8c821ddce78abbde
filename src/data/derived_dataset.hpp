// Datasets made from another one, in memory of their own; what the import maps stays as it is.
#pragma once

#include "base/thread_pool.hpp"
#include "data/dataset.hpp"
#include "data/picture.hpp"

namespace ftl::data {

// The dataset with its training pictures scaled to `size` (Resizer); mean, deviation and test split stay
// those of the original.
Dataset resize_training(const Dataset& dataset, PictureSize size, ThreadPool& threads);

// The dataset without a share of its training pictures, which take the test split's place: for tuning without
// touching the test split. The share is of each class, rounded, and always the same pictures, whatever the
// seed of a run. Mean and deviation stay those of all training pictures. Throws InputError when a class would
// have no picture left on either side.
Dataset hold_out(const Dataset& dataset, double share);

// One of the parts of cross-validation.
struct Fold {
  int folds = 0;     // at least 2
  int left_out = 0;  // from 0 to folds - 1
};

// The dataset without one fold of its training pictures, which takes the test split's place. Folds are of
// each class, as large as each other but for one picture, and always the same, whatever the seed of a run.
// Mean and deviation stay those of all training pictures. Throws InputError when a class has fewer pictures
// than folds.
Dataset leave_out(const Dataset& dataset, const Fold& fold);

}  // namespace ftl::data
