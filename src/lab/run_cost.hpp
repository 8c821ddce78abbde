// How long runs will take, before they are made.
#pragma once

#include "data/dataset.hpp"
#include "kernels/registry.hpp"
#include "recipe/recipe.hpp"

namespace ftl::lab {

// Floating-point operations of one run, evaluation included. Layers that are frozen on the way count as if
// they were not, so a run may do less; the forward passes of selective backprop are left out. `dataset` is
// the recipe's (train::dataset_for).
double expected_flop(const recipe::Recipe& recipe, const data::Dataset& dataset);

struct RateOptions {
  const recipe::Recipe& recipe;
  const data::Dataset& dataset;  // the recipe's
  const kernels::Kernels& kernels;
  int threads = 1;  // of all jobs together
};

// FLOP/s of `jobs` runs at once that share the threads, all together, from a few training steps.
double measure_rate(const RateOptions& options, int jobs);

struct JobChoice {
  int jobs = 1;
  double rate = 0;  // measured with so many
};

// The number of runs at once, at most `most`, that gets most done: doubled while that is faster.
JobChoice fastest_jobs(const RateOptions& options, int most);

}  // namespace ftl::lab
