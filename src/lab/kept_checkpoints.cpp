#include "lab/kept_checkpoints.hpp"

#include "lab/experiment_results.hpp"
#include "run/run_directory.hpp"

namespace ftl::lab {

void keep_best_checkpoints(const std::filesystem::path& folder, const ExperimentDescription& description) {
  const std::vector<CellResult> results = load_results(folder, description);
  const CellResult* best = best_cell(results);
  for (const CellResult& result : results) {
    if (&result != best) run::remove_checkpoints(folder / result.cell.folder, description.runs);
  }
}

}  // namespace ftl::lab
