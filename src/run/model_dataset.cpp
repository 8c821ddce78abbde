#include "run/model_dataset.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace ftl::run {
namespace {

// Says how the classes of a dataset and those of a model differ.
std::string difference(const std::vector<std::string>& dataset, const std::vector<std::string>& model) {
  if (dataset.size() != model.size()) return fmt::format("{} classes, not {}", dataset.size(), model.size());
  const auto [theirs, ours] = std::mismatch(dataset.begin(), dataset.end(), model.begin());
  return fmt::format("{} as class {}, not {}", *theirs, theirs - dataset.begin(), *ours);
}

}  // namespace

data::Dataset dataset_for_model(const LoadedModel& model, std::string_view checkpoint,
                                data::Dataset dataset) {
  if (dataset.class_names != model.class_names) {
    throw InputError("{}: was trained on other classes: {} has {}", checkpoint, dataset.name,
                     difference(dataset.class_names, model.class_names));
  }
  const data::PictureSize size = dataset.test.size();
  if (size.height != model.height || size.width != model.width) {
    throw InputError("{}: was trained on {}x{} pictures, but those of {} are {}x{}", checkpoint, model.width,
                     model.height, dataset.name, size.width, size.height);
  }
  dataset.mean = model.mean;
  dataset.standard_deviation = model.standard_deviation;
  return dataset;
}

}  // namespace ftl::run
