// The cells of an ablation: a recipe without each of the tricks that it lists.
#pragma once

#include <vector>

#include "lab/experiment_runner.hpp"

namespace ftl::lab {

// The whole recipe, then the recipe without each trick in turn. Throws InputError when it lists none.
std::vector<PlannedCell> plan_ablation(const recipe::WrittenRecipe& written);

// The recipe without any of its tricks, then with the first, with the first two, up to all of them.
std::vector<PlannedCell> plan_cumulative(const recipe::WrittenRecipe& written);

}  // namespace ftl::lab
