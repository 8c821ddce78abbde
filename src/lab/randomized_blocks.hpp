// How much single runs vary in a table of cells by seeds, each run with its seed's own luck.
#pragma once

#include <span>
#include <vector>

#include "lab/hypothesis_tests.hpp"

namespace ftl::lab {

// What remains of a value when its row's and its column's mean are taken off, over the whole table:
// randomised complete blocks (R. A. Fisher, "The Design of Experiments", 1935), which takes all rows to be
// equally noisy. Twelve rows of three give it 22 degrees of freedom, where the pairs of two rows have 2.
struct ResidualNoise {
  double std = 0;  // NaN with fewer than two rows or columns
  int degrees_of_freedom = 0;
};

// Of rows of equal length.
ResidualNoise residual_noise(std::span<const std::vector<double>> rows);

// The mean of one row less that of another, with that noise, for values that belong together in pairs. With
// two rows in the table this is the paired t-test.
Difference difference_with_noise(std::span<const double> first, std::span<const double> second,
                                 const ResidualNoise& noise);

}  // namespace ftl::lab
