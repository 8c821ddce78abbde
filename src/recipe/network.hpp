// The [network] table of a recipe.
#pragma once

#include "graph/description.hpp"
#include "recipe/table.hpp"

namespace ftl::recipe {

// Reads the table and resolves it. Sizes that follow from the pictures are checked when the network is built.
graph::NetworkDescription read_network(RecipeTable& table);

}  // namespace ftl::recipe
