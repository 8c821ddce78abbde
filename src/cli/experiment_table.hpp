// The tables that an experiment ends with, on a terminal or in a pipe.
#pragma once

#include <string>
#include <vector>

#include "lab/experiment_results.hpp"

namespace ftl::cli {

// "93.12 % ± 0.14, 41.2 s ± 0.3", with what failed.
std::string figures_text(const lab::CellFigures& figures);

// A line a cell, its deviation behind each figure; the best mean accuracy is marked with *.
std::string cell_table(const std::vector<lab::CellResult>& results);

// Of every two axes (lab/axis_grid.hpp) one of accuracy and one of seconds: shaded from the lowest to the
// highest, the best marked with *. `results` are those of all cells; empty where there are no two axes.
std::string heat_maps(const lab::ExperimentDescription& plan, const std::vector<lab::CellResult>& results);

// What each trick is worth: a line a cell, in points of accuracy and seconds with their 95 % intervals.
// Against the whole recipe, or where tricks were added one after the other, against the cell before.
std::string ablation_table(const std::vector<lab::CellResult>& results, bool cumulative);

}  // namespace ftl::cli
