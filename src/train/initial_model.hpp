// The model that training begins with.
#pragma once

#include <cstdint>

#include "data/dataset.hpp"
#include "graph/model.hpp"

namespace ftl::train {

// Initial weights by the seed, and whitening filters by the training pictures. Throws Interruption when
// Ctrl-C comes.
graph::Model initial_model(const graph::Graph& graph, const data::Dataset& dataset, std::uint64_t seed);

}  // namespace ftl::train
