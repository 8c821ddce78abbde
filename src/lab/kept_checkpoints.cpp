#include "lab/kept_checkpoints.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lab/experiment_results.hpp"
#include "train/run_directory.hpp"

namespace ftl::lab {
namespace {

double accuracy_of(const CellResult& result) {
  const double mean = result.figures.accuracy.mean;
  return std::isnan(mean) ? -std::numeric_limits<double>::infinity() : mean;
}

}  // namespace

void keep_best_checkpoints(const std::filesystem::path& folder, const ExperimentDescription& description) {
  const std::vector<CellResult> results = load_results(folder, description);
  const auto best = std::ranges::max_element(results, {}, accuracy_of);
  for (auto result = results.begin(); result != results.end(); ++result) {
    if (result != best) train::remove_checkpoints(folder / result->cell.folder, description.runs);
  }
}

}  // namespace ftl::lab
