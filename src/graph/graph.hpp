// A network with all sizes known: nodes in topological order, their shapes, their parameters.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "graph/description.hpp"
#include "graph/layers/whitening.hpp"
#include "graph/op.hpp"
#include "graph/parameter.hpp"
#include "tensor/layout.hpp"

namespace ftl::graph {

struct Node {
  std::string name;
  std::vector<int> inputs;  // indices of earlier nodes
  Shape shape;              // of the output
  std::shared_ptr<const Op> op;

  // The op as one of a kind, null if it is of another.
  template <class Kind>
  const Kind* as() const {
    return dynamic_cast<const Kind*>(op.get());
  }
};

struct Graph {
  std::vector<Node> nodes;
  std::vector<Parameter> parameters;
  std::vector<Shape> norms;  // one a batch norm, by BatchNormOp::statistics
  std::vector<std::string> norm_names;
  Products products = Products::bf16;
  double logit_scale = 1.0;
  int classes = 0;
  // The whitening layer, when the first layer is one.
  const WhiteningDescription* whitening() const { return has_whitening ? &whitening_description : nullptr; }
  bool has_whitening = false;
  WhiteningDescription whitening_description;
  int whitening_parameter = kNone;
  int balance_parameter = kNone;  // the last layer's bias, where it is set after training

  int output() const { return static_cast<int>(nodes.size()) - 1; }
};

struct GraphInput {
  int height = 0;
  int width = 0;
  int classes = 0;
};

// Throws InputError naming the layer ("network.layers[3] (conv)") and what does not fit.
Graph build_graph(const NetworkDescription& description, const GraphInput& input);

}  // namespace ftl::graph
