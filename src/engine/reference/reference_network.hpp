// A network run node by node in the plainest way, on the scalar references of the kernels: what the fused
// plan is tested against. Values are plain [images][C][H][W], pictures [images][height][width][3].
#pragma once

#include <span>
#include <vector>

#include "graph/model.hpp"
#include "loss/loss.hpp"

namespace ftl::engine {

// A Model in another precision.
template <class Real>
struct ReferenceModel {
  struct Norm {
    std::vector<Real> mean;
    std::vector<Real> variance;
  };
  std::vector<std::vector<Real>> parameters;
  std::vector<Norm> norms;

  explicit ReferenceModel(const graph::Model& model);
};

template <class Real>
struct ReferenceBatch {
  int images = 0;
  std::vector<Real> pictures{};
  std::vector<Target> targets{};  // for training
};

// Between nodes, values and gradients are kept as they are, or rounded to bf16 as the fused plan keeps them:
// then the same elements win a max-pool and pass a ReLU, and only the order of sums tells the two apart.
enum class ReferenceStorage { exact, bf16 };

template <class Real>
class ReferenceNetwork {
 public:
  using Values = std::vector<Real>;

  struct Training {
    Real loss = 0;                  // summed over the batch
    Values logits;                  // as those of infer
    std::vector<Values> gradients;  // as ReferenceModel::parameters
  };

  // Both must outlive the network.
  ReferenceNetwork(const graph::Graph& graph, ReferenceModel<Real>& model,
                   ReferenceStorage storage = ReferenceStorage::exact)
      : graph_(graph), model_(model), storage_(storage) {}

  // Forward with the batch's statistics, which also enter the model's running ones, and backward.
  Training train(const ReferenceBatch<Real>& batch, const loss::Loss& loss);

  // Logits, [images][classes], with the running statistics; scaled by the network's logit scale.
  Values infer(const ReferenceBatch<Real>& batch);

 private:
  // What a node leaves for the backward pass.
  struct State {
    Values unfused;   // a convolution before its pool, a batch norm before its activation
    Values value;     // the node's output
    Values gradient;  // of the loss by `value`
  };

  void forward(const ReferenceBatch<Real>& batch, bool training);
  void forward(const graph::PicturesNode& op, const graph::Node& node, State& state);
  void forward(const graph::PatchesNode& op, const graph::Node& node, State& state);
  void forward(const graph::ConvolutionNode& op, const graph::Node& node, State& state);
  void forward(const graph::BatchNormNode& op, const graph::Node& node, State& state);
  void forward(const graph::ActivationNode& op, const graph::Node& node, State& state);
  void forward(const graph::PoolNode& op, const graph::Node& node, State& state);
  void forward(const graph::MultiplyNode& op, const graph::Node& node, State& state);
  void forward(const graph::AddNode& op, const graph::Node& node, State& state);

  // Each adds to the gradients of the node's inputs and parameters.
  void backward(const graph::PicturesNode& op, const graph::Node& node, const State& state);
  void backward(const graph::PatchesNode& op, const graph::Node& node, const State& state);
  void backward(const graph::ConvolutionNode& op, const graph::Node& node, const State& state);
  void backward(const graph::BatchNormNode& op, const graph::Node& node, const State& state);
  void backward(const graph::ActivationNode& op, const graph::Node& node, const State& state);
  void backward(const graph::PoolNode& op, const graph::Node& node, const State& state);
  void backward(const graph::MultiplyNode& op, const graph::Node& node, const State& state);
  void backward(const graph::AddNode& op, const graph::Node& node, const State& state);

  void normalise_by_batch(const graph::BatchNormNode& op, const graph::Node& node, State& state);
  void normalise_by_running_statistics(const graph::BatchNormNode& op, const graph::Node& node, State& state);
  void store(Values& values) const;
  Values logits() const;
  State& input(const graph::Node& node, std::size_t which) {
    return states_[static_cast<std::size_t>(node.inputs[which])];
  }
  Values parameter_or(int parameter, int channels, Real otherwise) const;

  const graph::Graph& graph_;
  ReferenceModel<Real>& model_;
  ReferenceStorage storage_;
  const ReferenceBatch<Real>* batch_ = nullptr;
  bool training_ = false;
  std::vector<State> states_;  // by node
  std::vector<Values> gradients_;
};

}  // namespace ftl::engine
