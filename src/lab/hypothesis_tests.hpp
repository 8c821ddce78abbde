// Whether two settings differ, from runs of both.
#pragma once

#include <span>

namespace ftl::lab {

// The mean of the first minus that of the second. NaN stands for what so few values cannot tell.
struct Difference {
  double mean = 0;
  double ci95 = 0;                // half the width of its 95 % confidence interval
  double p_value = 0;             // two-sided, of "the true means are equal"
  double t = 0;                   // infinite where values do not vary but differ
  double degrees_of_freedom = 0;  // of t

  double low() const { return mean - ci95; }
  double high() const { return mean + ci95; }
};

// Of a mean whose standard error was estimated with so many degrees of freedom; NaN where that is not known.
Difference t_test(double mean, double standard_error, double degrees_of_freedom);

// By Student's t-test of the pairs' differences, for values that belong together, as runs with the same seed
// do. Both must be equally long.
Difference paired_difference(std::span<const double> first, std::span<const double> second);

// By Welch's test, for values that do not belong together; their spreads may differ (B. L. Welch, "The
// generalization of 'Student's' problem when several different population variances are involved", 1947).
Difference welch_difference(std::span<const double> first, std::span<const double> second);

struct Decision {
  double p_value = 0.05;
  double power = 0.8;  // in so many of repeated comparisons the test is to find the difference
};

// A paired t-test of so many pairs, taken once, finds a true difference of `effect` (mean over standard
// deviation of the pairs' differences) with this probability: by the noncentral t distribution with n - 1
// degrees of freedom and noncentrality effect * sqrt(n) (J. Cohen, "Statistical Power Analysis for the
// Behavioral Sciences", 1988). `pairs` from 2 on.
double paired_power(int pairs, double effect, double p_value);

// The fewest pairs with which the test has the power that is asked for; kUndecidable when that would take
// more than kUndecidable pairs or `effect` is not known.
inline constexpr int kUndecidable = 1'000'000;
int pairs_to_decide(double effect, const Decision& decision);

}  // namespace ftl::lab
