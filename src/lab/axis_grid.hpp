// The figures of an experiment's cells over two of its axes, as heat maps show them.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "lab/experiment_folder.hpp"

namespace ftl::lab {

// Indices into the experiment's axes.
struct AxisPair {
  std::size_t down = 0;
  std::size_t across = 1;
};

// Every two axes that have values, in their order; none of a random search.
std::vector<AxisPair> axis_pairs(const std::vector<ExperimentAxis>& axes);

// What stands for the cells that have the same values on both axes and differ in others.
enum class OfOthers { highest, mean };

struct AxisGrid {
  const ExperimentDescription& plan;
  AxisPair axes;
  std::span<const double> figures;  // of each cell of the plan; NaN where there is none
  OfOthers of_others = OfOthers::highest;
};

// [value of the axis down][value of the axis across]; NaN where no cell has a figure.
std::vector<std::vector<double>> on_grid(const AxisGrid& grid);

// "accuracy by batch (rows) and lr (columns)", and what stands for the other axes, where there are more.
std::string grid_title(const std::string& figure, const AxisGrid& grid);

}  // namespace ftl::lab
