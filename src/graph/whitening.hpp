// Filters that make the patches under a first convolution uncorrelated (Page, "How to train your ResNet",
// part 8).
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/bfloat16.hpp"
#include "graph/graph.hpp"

namespace ftl::graph {

// Pictures to estimate from: fill(indices, pictures) writes [indices][height][width][3], normalised as in
// training.
struct WhiteningSource {
  std::int64_t images = 0;
  int height = 0;
  int width = 0;
  std::function<void(std::span<const std::int32_t> indices, bf16* pictures)> fill;
};

// The filters in memory order, [outputs][kernel][kernel][3]: eigenvectors of the patches' second-moment
// matrix about their mean, by falling eigenvalue, each divided by sqrt(eigenvalue + eps); then their
// negatives where the description asks for them. One covariance over all patches of `images` pictures (0:
// all), evenly spaced, since a split may be sorted by class. Summed in double: in fp32, small eigenvalues
// come out negative.
std::vector<float> whitening_filters(const WhiteningDescription& description, const WhiteningSource& source);

}  // namespace ftl::graph
