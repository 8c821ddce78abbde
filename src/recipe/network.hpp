// The [network] table of a recipe.
#pragma once

#include "base/keys.hpp"
#include "graph/description.hpp"

namespace ftl::recipe {

// Shows the table's keys. Sizes that follow from the pictures are checked when the network is built.
void network_keys(Keys& keys, graph::NetworkDescription& network);

// A layer that a text is to describe.
graph::LayerDescription undescribed_layer();

// One layer with its keys; its `from` may name any layer.
void layer_keys(Keys& keys, graph::LayerDescription& layer);

}  // namespace ftl::recipe
