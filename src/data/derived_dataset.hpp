// Datasets that leave out some of another one's training pictures: index lists over the same sources.
#pragma once

#include "data/dataset.hpp"

namespace ftl::data {

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
