// Every kind of layer that a recipe can name.
#pragma once

#include <vector>

#include "graph/layer.hpp"

namespace ftl::graph {

// One of each, with the keys' defaults, in the order in which messages name them.
const std::vector<Layer>& every_layer();

}  // namespace ftl::graph
