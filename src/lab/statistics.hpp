// What a handful of runs says about all runs that could have been made.
#pragma once

#include <span>
#include <vector>

namespace ftl::lab {

// NaN stands for what so few values cannot tell: everything of none, std and ci95 of one.
struct Sample {
  std::vector<double> values;
  double mean = 0;
  double std = 0;   // of a sample: divided by n - 1
  double ci95 = 0;  // half the width of the mean's 95 % confidence interval, by Student's t
};

Sample describe(std::span<const double> values);

// Half of all values that could come up lie below. Between low and high with a confidence of at least 95 %,
// whatever their distribution (by the ranks of a binomial); NaN where there are too few values to say.
struct Median {
  double value = 0;
  double low = 0;
  double high = 0;
};

Median median(std::span<const double> values);

// The p-value of "the true mean is no greater than `target`", by a one-sided t-test: small means that the
// values speak for a mean above it. NaN for fewer than 2 values.
double p_value_mean_above(const Sample& sample, double target);

}  // namespace ftl::lab
