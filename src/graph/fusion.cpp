#include "graph/fusion.hpp"

#include <utility>

#include "base/index.hpp"
#include "graph/ops/activation.hpp"
#include "graph/ops/batch_norm.hpp"
#include "graph/ops/convolution.hpp"
#include "graph/ops/pool.hpp"

namespace ftl::graph {
namespace {

bool is_plain_2x2_max(const PoolOp& pool) {
  const kernels::PoolGeometry& g = pool.geometry;
  return g.kind == kernels::PoolKind::max && g.kernel_height == 2 && g.kernel_width == 2 && g.stride == 2 &&
         g.pad == 0;
}

// A convolution and the pool after it as one op, null where no kernel computes both.
std::shared_ptr<const Op> joined(const ConvolutionOp& convolution, const PoolOp* pool) {
  if (pool == nullptr || !is_plain_2x2_max(*pool) || convolution.geometry.pool) return nullptr;
  auto both = std::make_shared<ConvolutionOp>(convolution);
  both->geometry.pool = true;
  return both;
}

std::shared_ptr<const Op> joined(const BatchNormOp& norm, const ActivationOp* activation) {
  // Sigmoid of a padding channel would not be 0.
  if (activation == nullptr || activation->kind == kernels::ActivationKind::sigmoid) return nullptr;
  if (norm.activation != kernels::ActivationKind::identity) return nullptr;
  auto both = std::make_shared<BatchNormOp>(norm);
  both->activation = activation->kind;
  return both;
}

std::shared_ptr<const Op> joined(const Node& producer, const Node& consumer) {
  if (const auto* convolution = producer.as<ConvolutionOp>())
    return joined(*convolution, consumer.as<PoolOp>());
  if (const auto* norm = producer.as<BatchNormOp>()) return joined(*norm, consumer.as<ActivationOp>());
  return nullptr;
}

}  // namespace

OnlyConsumers::OnlyConsumers(const Graph& graph) : consumers_(graph.nodes.size(), kNone) {
  std::vector<int> uses(graph.nodes.size(), 0);
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const std::vector<int>& inputs = graph.nodes[n].inputs;
    for (const int input : inputs) {
      const bool only = ++uses[at(input)] == 1 && inputs.size() == 1;
      consumers_[at(input)] = only ? static_cast<int>(n) : kNone;
    }
  }
}

Graph fuse(Graph graph) {
  const OnlyConsumers consumers(graph);
  std::vector<int> moved(graph.nodes.size());
  std::vector<Node> kept;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    Node& node = graph.nodes[n];
    const bool alone = !node.inputs.empty() && consumers.of(node.inputs[0]) == static_cast<int>(n);
    for (int& input : node.inputs) input = moved[at(input)];
    if (alone) {
      Node& producer = kept[at(node.inputs[0])];
      if (auto both = joined(producer, node)) {
        producer.op = std::move(both);
        producer.shape = node.shape;
        moved[n] = node.inputs[0];
        continue;
      }
    }
    moved[n] = static_cast<int>(kept.size());
    kept.push_back(std::move(node));
  }
  graph.nodes = std::move(kept);
  return graph;
}

int applied_activation(const Graph& graph, const OnlyConsumers& consumers, int convolution) {
  const auto* op = graph.nodes[at(convolution)].as<ConvolutionOp>();
  const int consumer = consumers.of(convolution);
  if (op == nullptr || consumer == kNone || !kernels::applies_activation(op->geometry)) return kNone;
  return graph.nodes[at(consumer)].as<ActivationOp>() == nullptr ? kNone : consumer;
}

int taker_of_integers(const Graph& graph, const OnlyConsumers& consumers, int norm) {
  const int consumer = consumers.of(norm);
  if (graph.nodes[at(norm)].as<BatchNormOp>() == nullptr || consumer == kNone) return kNone;
  const auto* convolution = graph.nodes[at(consumer)].as<ConvolutionOp>();
  if (convolution == nullptr || kernels::rounded_input_elements(convolution->geometry) == 0) return kNone;
  return consumer;
}

}  // namespace ftl::graph
