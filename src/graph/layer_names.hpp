// The names of layers that have none.
#pragma once

#include "graph/description.hpp"

namespace ftl::graph {

// Gives each layer without a name that of its kind and its number among the layers of its kind, or the next
// number that makes it a new one ("conv1", "norm2"; "whiten"). Parameters are saved under it: with names
// given, layers can come and go and the others still find their weights.
void name_layers(NetworkDescription& network);

}  // namespace ftl::graph
