// Probabilities that the tests of the lab need. The library behind them is Boost.Math, whose headers take
// seconds to compile: distributions.cpp alone includes it.
#pragma once

namespace ftl::lab {

// Of Student's t distribution.
struct StudentsT {
  double degrees_of_freedom;

  double quantile(double probability) const;
  // What is exceeded with this probability.
  double upper_quantile(double probability) const;
  // The probability of more than t.
  double above(double t) const;
};

// Of the noncentral t distribution.
struct NoncentralT {
  double degrees_of_freedom;
  double noncentrality;

  double below(double t) const;
  double above(double t) const;
};

// The probability of at most so many heads when a fair coin is tossed so often.
double at_most_heads(double heads, double tosses);

}  // namespace ftl::lab
