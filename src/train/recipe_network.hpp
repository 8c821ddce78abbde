// The [network] table of a recipe.
#pragma once

#include "net/description.hpp"
#include "train/recipe_table.hpp"

namespace ftl::train {

// Reads the table and resolves it. Sizes that follow from the pictures are checked when the network is built.
net::NetworkDescription read_network(RecipeTable& table);

}  // namespace ftl::train
