// A network with all sizes known: nodes in topological order, their shapes, their parameters.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "graph/description.hpp"
#include "graph/parameter.hpp"
#include "kernels/convolution/convolution.hpp"
#include "kernels/patches/patches.hpp"
#include "kernels/pool/pool.hpp"
#include "tensor/layout.hpp"

namespace ftl::graph {

inline constexpr int kNone = -1;

// Pictures, [images][height][width][3]; always node 0.
struct PicturesNode {
  int height = 0;
  int width = 0;
};

// Pictures into the blocked layout, as the patches under a first convolution's window.
struct PatchesNode {
  kernels::PatchesGeometry geometry;
};

// A convolution or linear layer, with the max-pool that follows it where there is one.
struct ConvolutionNode {
  kernels::ConvolutionGeometry geometry;
  int weight = kNone;  // parameter indices
  int bias = kNone;
};

// A batch norm with the activation that follows it where there is one.
struct BatchNormNode {
  kernels::ActivationKind activation = kernels::ActivationKind::identity;
  double eps = 1e-5;
  double momentum = 0.1;
  int scale = kNone;  // parameter indices; kNone: frozen at 1 (scale) or 0 (bias)
  int bias = kNone;
  int statistics = 0;  // index among the graph's batch norms
};

struct ActivationNode {
  kernels::ActivationKind kind = kernels::ActivationKind::relu;
};

struct PoolNode {
  kernels::PoolGeometry geometry;
};

struct MultiplyNode {};  // inputs: x, gate of shape (C, 1, 1)
struct AddNode {};       // inputs: two of one shape

struct Node {
  std::string name;
  std::vector<int> inputs;  // indices of earlier nodes
  Shape shape;              // of the output
  std::variant<PicturesNode, PatchesNode, ConvolutionNode, BatchNormNode, ActivationNode, PoolNode,
               MultiplyNode, AddNode>
      op;

  template <class Op>
  const Op* as() const {
    return std::get_if<Op>(&op);
  }
  template <class Op>
  Op* as() {
    return std::get_if<Op>(&op);
  }
};

struct Graph {
  std::vector<Node> nodes;
  std::vector<Parameter> parameters;
  std::vector<Shape> norms;  // one a batch norm, by BatchNormNode::statistics
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
