// Figures of several runs as every JSON file of ftl has them. NaN is written as null.
#pragma once

#include "base/json.hpp"
#include "lab/hypothesis_tests.hpp"
#include "lab/statistics.hpp"

namespace ftl::lab {

// An object of mean, std, ci95 and values.
inline Json json_of(const Sample& sample) {
  return {{"mean", sample.mean}, {"std", sample.std}, {"ci95", sample.ci95}, {"values", sample.values}};
}

// An object of mean, its 95 % interval from low to high, and p_value.
inline Json json_of(const Difference& difference) {
  return {{"mean", difference.mean},
          {"low", difference.low()},
          {"high", difference.high()},
          {"p_value", difference.p_value}};
}

}  // namespace ftl::lab
