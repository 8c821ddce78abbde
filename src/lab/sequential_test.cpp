#include "lab/sequential_test.hpp"

#include <algorithm>
#include <cmath>

#include "lab/hypothesis_tests.hpp"

namespace ftl::lab {

double bayes_factor(int pairs, double t) {
  if (pairs < 2) return 1;
  const double spread = 1 + pairs * kEffectPrior * kEffectPrior;
  const double degrees_of_freedom = pairs - 1;
  const double squared = t * t / degrees_of_freedom;
  const double ratio = std::isinf(squared) ? spread : (1 + squared) / (1 + squared / spread);
  return std::exp((pairs * std::log(ratio) - std::log(spread)) / 2);
}

double always_valid_p_value(std::span<const double> first, std::span<const double> second) {
  double largest = 1;
  for (std::size_t pairs = 2; pairs <= first.size(); ++pairs) {
    const double t = paired_difference(first.first(pairs), second.first(pairs)).t;
    largest = std::max(largest, bayes_factor(static_cast<int>(pairs), t));
  }
  return 1 / largest;
}

int pairs_to_stop(double effect, double p_value) {
  const auto stops = [&](int pairs) {
    return bayes_factor(pairs, std::abs(effect) * std::sqrt(pairs)) >= 1 / p_value;
  };
  int enough = 2;
  while (enough < kUndecidable && !stops(enough)) ++enough;
  return enough;
}

}  // namespace ftl::lab
