// A paired test that may be looked at after every pair, and stopped whenever it looks decided.
//
// The Bayes factor of a t-test with a normal prior N(0, kEffectPrior^2) on the standardised effect and the
// right Haar prior on the deviation (M. Gönen, W. O. Johnson, Y. Lu, P. H. Westfall, "The Bayesian two-sample
// t test", The American Statistician 59, 2005, for one sample) is, whatever the true deviation, a nonnegative
// martingale with mean 1 while the true difference is 0 and noise is normal. By Ville's inequality it ever
// exceeds 1/p with a probability of at most p, however often it is looked at and whenever one stops. The
// p-value valid at any time is 1 over the largest value seen: T. L. Lai, "On confidence sequences", 1976; M.
// F. Pérez-Ortiz, T. Lardy, R. de Heide, P. Grünwald, "E-statistics, group invariance and anytime-valid
// testing", Annals of Statistics 52, 2024.
#pragma once

#include <span>

namespace ftl::lab {

// Standard deviations of the pairs' differences: what effects are expected beforehand. Of no influence on the
// guarantee, only on how many pairs it takes.
inline constexpr double kEffectPrior = 1;

inline constexpr const char* kSequentialTestName =
    "mixture sequential t-test (Lai 1976; Perez-Ortiz et al. 2024)";

// The evidence of so many pairs against "there is no difference", from their t statistic, which may be
// infinite. 1 for fewer than 2 pairs.
double bayes_factor(int pairs, double t);

// Of "there is no difference", after looking at the first 2, 3, ... pairs; valid at any time. 1 for fewer
// than 2 pairs.
double always_valid_p_value(std::span<const double> first, std::span<const double> second);

// With so many pairs the test is decided at p where the pairs' differences have this mean over standard
// deviation; kUndecidable when that takes more pairs.
int pairs_to_stop(double effect, double p_value);

}  // namespace ftl::lab
