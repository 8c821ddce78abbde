// The pictures that a trained model is evaluated on.
#pragma once

#include <string_view>

#include "data/dataset.hpp"
#include "run/model_file.hpp"

namespace ftl::run {

// The dataset, seen as the model of the file `checkpoint` was trained to see it: with its mean and standard
// deviation. Throws InputError naming the checkpoint when the model knows other classes or another size.
data::Dataset dataset_for_model(const LoadedModel& model, std::string_view checkpoint, data::Dataset dataset);

}  // namespace ftl::run
