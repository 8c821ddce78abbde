#include "graph/fusion.hpp"

#include <utility>

namespace ftl::graph {
namespace {

bool is_plain_2x2_max(const PoolNode& pool) {
  const kernels::PoolGeometry& g = pool.geometry;
  return g.kind == kernels::PoolKind::max && g.kernel_height == 2 && g.kernel_width == 2 && g.stride == 2 &&
         g.pad == 0;
}

// Tries to make `node` part of `producer`, its only input.
bool absorb(Node& producer, const Node& node) {
  if (ConvolutionNode* convolution = producer.as<ConvolutionNode>()) {
    const PoolNode* pool = node.as<PoolNode>();
    if (pool == nullptr || !is_plain_2x2_max(*pool) || convolution->geometry.pool) return false;
    convolution->geometry.pool = true;
  } else if (BatchNormNode* norm = producer.as<BatchNormNode>()) {
    const ActivationNode* activation = node.as<ActivationNode>();
    // Sigmoid of a padding channel would not be 0.
    if (activation == nullptr || activation->kind == kernels::ActivationKind::sigmoid) return false;
    if (norm->activation != kernels::ActivationKind::identity) return false;
    norm->activation = activation->kind;
  } else {
    return false;
  }
  producer.shape = node.shape;
  return true;
}

}  // namespace

Graph fuse(Graph graph) {
  std::vector<int> consumers(graph.nodes.size(), 0);
  for (const Node& node : graph.nodes) {
    for (const int input : node.inputs) ++consumers[static_cast<std::size_t>(input)];
  }
  std::vector<int> moved(graph.nodes.size());
  std::vector<Node> kept;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    Node& node = graph.nodes[i];
    const bool single = node.inputs.size() == 1 && consumers[static_cast<std::size_t>(node.inputs[0])] == 1;
    for (int& input : node.inputs) input = moved[static_cast<std::size_t>(input)];
    if (single && absorb(kept[static_cast<std::size_t>(node.inputs[0])], node)) {
      moved[i] = node.inputs[0];
      continue;
    }
    moved[i] = static_cast<int>(kept.size());
    kept.push_back(std::move(node));
  }
  graph.nodes = std::move(kept);
  return graph;
}

}  // namespace ftl::graph
