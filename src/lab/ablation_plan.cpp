#include "lab/ablation_plan.hpp"

#include <numeric>

#include "base/error.hpp"
#include "recipe/ablation.hpp"

namespace ftl::lab {
namespace {

std::vector<std::string> tricks_of(const recipe::WrittenRecipe& written) {
  const recipe::Recipe recipe = recipe::read(written);
  std::vector<std::string> names;
  for (const recipe::Ablation& ablation : recipe.ablations) names.push_back(ablation.name);
  if (names.empty()) throw InputError("recipe {}: lists no tricks; each needs an [[ablation]]", recipe.name);
  return names;
}

class Planner {
 public:
  explicit Planner(const recipe::WrittenRecipe& written) : written_(written) {}

  void add(const std::string& name, const std::vector<std::size_t>& left_out, bool baseline) {
    cells_.push_back({.cell = {.name = name, .folder = cell_folder(cells_.size()), .baseline = baseline},
                      .recipe = recipe::without_tricks(written_, left_out)});
  }
  std::vector<PlannedCell> cells() { return std::move(cells_); }

 private:
  const recipe::WrittenRecipe& written_;
  std::vector<PlannedCell> cells_;
};

}  // namespace

std::vector<PlannedCell> plan_ablation(const recipe::WrittenRecipe& written) {
  Planner planner(written);
  const std::vector<std::string> names = tricks_of(written);
  planner.add("(the whole recipe)", {}, true);
  for (std::size_t i = 0; i < names.size(); ++i) planner.add(names[i], {i}, false);
  return planner.cells();
}

std::vector<PlannedCell> plan_cumulative(const recipe::WrittenRecipe& written) {
  Planner planner(written);
  const std::vector<std::string> names = tricks_of(written);
  std::vector<std::size_t> left_out(names.size());
  std::iota(left_out.begin(), left_out.end(), std::size_t{0});
  planner.add("(none of the tricks)", left_out, true);
  for (const std::string& name : names) {
    left_out.erase(left_out.begin());
    planner.add(name, left_out, false);
  }
  return planner.cells();
}

}  // namespace ftl::lab
