// What a sweep varies: values for keys of a recipe, in every combination or drawn at random.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lab/experiment_runner.hpp"

namespace ftl::lab {

struct Sweep {
  std::vector<ExperimentAxis> axes;
  std::vector<PlannedCell> cells;
};

struct SweepOptions {
  const recipe::WrittenRecipe& recipe;
  // KEY=SPEC each (lab/grid.hpp). A KEY is a recipe key or a short name: batch, epochs, width, lr (the
  // filters' rate; the other learning rates are scaled with it), momentum (of every table that has one).
  // Where the recipe wants integers, values are rounded.
  std::vector<std::string> grids;
  int random = 0;                     // cells to draw; 0: every combination
  std::uint64_t seed = 0;             // of the drawing
  bool couple_rate_to_batch = false;  // learning rates grow in proportion to the batch size
};

// Throws InputError in one line that names the grid: an unknown key with the nearest one, an empty or
// descending range, a logarithmic one from 0, a key twice, a value that the recipe does not allow.
Sweep plan_sweep(const SweepOptions& options);

}  // namespace ftl::lab
