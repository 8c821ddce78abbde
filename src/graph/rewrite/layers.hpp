// Edits of a network's layers. Whether they still fit together, build_graph (graph/graph.hpp) says.
//
// Layers without a name are called after their kind and number, so an edit changes what those behind it are
// called: who wants to carry weights over (graph/rewrite/carry_over.hpp) calls name_layers first.
#pragma once

#include <string>
#include <vector>

#include "graph/description.hpp"

namespace ftl::graph {

// The lists of layers within a layer, such as an addition's shortcut; they live as long as the layer.
std::vector<std::vector<LayerDescription>*> layers_within(LayerDescription& layer);

// Puts these layers in the place of `count` ones from `first` on. When one of those has a name (of several,
// the last), `from` elsewhere means the stretch's output, so the last layer put has that name, unless an
// earlier one put has it.
void replace_stretch(std::vector<LayerDescription>& layers, std::size_t first, std::size_t count,
                     std::vector<LayerDescription> put);

// The following find a layer by its name, also in shortcuts. They throw InputError naming it when there is
// none.

// `from` elsewhere still means the output of the layer named.
void insert_after(NetworkDescription& network, const std::string& name, LayerDescription layer);
void insert_before(NetworkDescription& network, const std::string& name, LayerDescription layer);
// As replace_stretch; `put` has one layer or more.
void replace_layer(NetworkDescription& network, const std::string& name, std::vector<LayerDescription> put);
// `from` elsewhere then means the layer before it. Throws InputError, too, where none is.
void remove_layer(NetworkDescription& network, const std::string& name);
// Another number of outputs of a convolution or linear layer, before `width` of the network multiplies it.
// Layers that must have as many channels (depthwise convolutions behind it, what is added to it) are to be
// widened, too. Throws InputError for a layer of another kind.
void widen_layer(NetworkDescription& network, const std::string& name, int out);

}  // namespace ftl::graph
