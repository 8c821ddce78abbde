// Datasets made from another one, in memory of their own; what the import maps stays as it is.
#pragma once

#include "base/thread_pool.hpp"
#include "data/dataset.hpp"
#include "data/picture.hpp"

namespace ftl::data {

// The dataset with its training pictures scaled to `size` (Resizer); mean, deviation and test split stay
// those of the original.
Dataset resize_training(const Dataset& dataset, PictureSize size, ThreadPool& threads);

}  // namespace ftl::data
