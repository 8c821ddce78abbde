// The learned tensors of a network.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "graph/initialisation.hpp"

namespace ftl::graph {

// What a parameter is for; a recipe gives each role its own optimizer.
enum class ParameterRole { filters, linear, biases, scales, whiten_bias };
std::string_view name(ParameterRole role);

struct Parameter {
  std::string name;     // "conv1.weight", "norm2.bias": as in the checkpoint
  std::string layer{};  // where it is described: "network.layers[3]"
  std::vector<std::int64_t>
      shape;  // filters and linear: [outputs][inputs / groups][height][width]; else [channels]
  ParameterRole role = ParameterRole::filters;
  Initialisation initialisation = Initialisation::kaiming_uniform;
  int groups = 1;          // of a convolution's filters: each sees its group's inputs only
  int fan_in = 0;          // inputs of one output; biases: of the layer they belong to (0: start at zero)
  double train_until = 0;  // epochs: its layer's; 0: to the end
  bool frozen = false;     // set from the data (whitening, balance) and never trained
  // In memory a filter over the patches of pictures is [outputs][height][width][channels], the patches' own
  // order.
  bool channels_last = false;

  std::int64_t elements() const;
  // As a matrix: outputs x the rest.
  int rows() const { return static_cast<int>(shape[0]); }
  int columns() const { return static_cast<int>(elements() / shape[0]); }
};

}  // namespace ftl::graph
