// A network as its recipe describes it: a list of layers, each applied to the one before, some naming an
// earlier output. Sizes are not known here: they follow from the pictures and the class count
// (graph/graph.hpp).
#pragma once

#include <string>
#include <vector>

#include "graph/layer.hpp"

namespace ftl::graph {

struct LayerDescription {
  // Empty: a name is made from the kind and a number. Names this layer's output and parameters.
  std::string name;
  Layer layer;
  double train_until = 0;  // epochs; afterwards its parameters stay as they are. 0: never

  friend bool operator==(const LayerDescription&, const LayerDescription&) = default;
};

// What the convolutions of a training step multiply: bf16 numbers, or 8-bit integers in the passes that those
// suit (kernels::suits_int8).
enum class Products { bf16, int8 };

struct NetworkDescription {
  Products products = Products::bf16;
  double width = 1.0;        // multiplies every convolution's `out`, rounded to a multiple of 8 (at least 8)
  double logit_scale = 1.0;  // on the last layer's output
  std::vector<LayerDescription> layers;

  friend bool operator==(const NetworkDescription&, const NetworkDescription&) = default;
};

}  // namespace ftl::graph
