// How the error falls with what is spent on training.
#pragma once

#include <span>

namespace ftl::lab {

struct PowerLawPoint {
  double spent = 0;  // above 0: FLOP, epochs, ...
  double error = 0;
};

// error = floor + scale * spent^-exponent, as J. Hestness et al. found it for deep learning ("Deep Learning
// Scaling is Predictable, Empirically", 2017).
struct PowerLaw {
  double floor = 0;     // what no training gets below, at least 0
  double scale = 0;     // at least 0
  double exponent = 0;  // from kSmallestExponent to kLargestExponent
  double residual = 0;  // root of the mean squared deviation of the points, as a share of their errors
  int points = 0;

  double error_at(double spent) const;
};

inline constexpr double kSmallestExponent = 0.01;
inline constexpr double kLargestExponent = 4;
inline constexpr int kPowerLawPoints = 3;  // as many as it has parameters: with fewer there is no law

// By least squares of the deviations' shares of the errors, so that half a point counts for more at 8 % than
// at 30: for each exponent the best floor and scale within their bounds are a linear problem (variable
// projection: G. H. Golub, V. Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares
// problems whose variables separate", 1973), and the best exponent is found by trying a fine grid and
// narrowing it down. Needs kPowerLawPoints points of different `spent`.
PowerLaw fit_power_law(std::span<const PowerLawPoint> points);

}  // namespace ftl::lab
