#include "lab/axis_grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace ftl::lab {
namespace {

double figure_of(const std::vector<double>& cells, OfOthers of_others) {
  if (cells.empty()) return std::numeric_limits<double>::quiet_NaN();
  if (of_others == OfOthers::highest) return std::ranges::max(cells);
  return std::accumulate(cells.begin(), cells.end(), 0.0) / static_cast<double>(cells.size());
}

}  // namespace

std::vector<AxisPair> axis_pairs(const std::vector<ExperimentAxis>& axes) {
  std::vector<AxisPair> pairs;
  for (std::size_t down = 0; down < axes.size(); ++down) {
    for (std::size_t across = down + 1; across < axes.size(); ++across) {
      if (!axes[down].values.empty() && !axes[across].values.empty()) pairs.push_back({down, across});
    }
  }
  return pairs;
}

std::vector<std::vector<double>> on_grid(const AxisGrid& grid) {
  const std::vector<ExperimentAxis>& axes = grid.plan.axes;
  std::vector<std::vector<double>> values(axes[grid.axes.down].values.size());
  for (std::size_t row = 0; row < values.size(); ++row) {
    for (std::size_t column = 0; column < axes[grid.axes.across].values.size(); ++column) {
      std::vector<double> there;
      for (std::size_t cell = 0; cell < grid.plan.cells.size(); ++cell) {
        const std::vector<int>& place = grid.plan.cells[cell].coordinates;
        const bool here = place.size() == axes.size() && std::cmp_equal(place[grid.axes.down], row) &&
                          std::cmp_equal(place[grid.axes.across], column);
        if (here && std::isfinite(grid.figures[cell])) there.push_back(grid.figures[cell]);
      }
      values[row].push_back(figure_of(there, grid.of_others));
    }
  }
  return values;
}

std::string grid_title(const std::string& figure, const AxisGrid& grid) {
  const std::vector<ExperimentAxis>& axes = grid.plan.axes;
  std::string title = fmt::format("{} by {} (rows) and {} (columns)", figure, axes[grid.axes.down].label,
                                  axes[grid.axes.across].label);
  if (axes.size() == 2) return title;
  std::string others;
  for (std::size_t axis = 0; axis < axes.size(); ++axis) {
    if (axis == grid.axes.down || axis == grid.axes.across) continue;
    others += (others.empty() ? "" : ", ") + axes[axis].label;
  }
  return title + (grid.of_others == OfOthers::highest ? ", the best over " : ", the mean over ") + others;
}

}  // namespace ftl::lab
