#include "lab/randomized_blocks.hpp"

#include <cmath>
#include <limits>

#include "lab/statistics.hpp"

namespace ftl::lab {

ResidualNoise residual_noise(std::span<const std::vector<double>> rows) {
  const std::size_t columns = rows.empty() ? 0 : rows[0].size();
  if (rows.size() < 2 || columns < 2) return {std::numeric_limits<double>::quiet_NaN(), 0};
  const auto row_count = static_cast<double>(rows.size());
  std::vector<double> of_column(columns, 0.0);
  double of_all = 0;
  for (const std::vector<double>& row : rows) {
    for (std::size_t column = 0; column < columns; ++column) of_column[column] += row[column] / row_count;
    of_all += describe(row).mean / row_count;
  }
  double squares = 0;
  for (const std::vector<double>& row : rows) {
    const double of_row = describe(row).mean;
    for (std::size_t column = 0; column < columns; ++column) {
      const double residual = row[column] - of_row - of_column[column] + of_all;
      squares += residual * residual;
    }
  }
  const int degrees_of_freedom = static_cast<int>((rows.size() - 1) * (columns - 1));
  return {std::sqrt(squares / degrees_of_freedom), degrees_of_freedom};
}

Difference difference_with_noise(std::span<const double> first, std::span<const double> second,
                                 const ResidualNoise& noise) {
  const double mean = describe(first).mean - describe(second).mean;
  const double pairs = static_cast<double>(first.size());
  return t_test(mean, noise.std * std::sqrt(2 / pairs), noise.degrees_of_freedom);
}

}  // namespace ftl::lab
