// A network run node by node in the plainest way, on the scalar references of the kernels: what the fused
// plan is tested against. Values are plain [images][C][H][W], pictures [images][height][width][3].
#pragma once

#include <vector>

#include "engine/reference/reference_model.hpp"
#include "engine/reference/reference_op.hpp"
#include "loss/loss.hpp"

namespace ftl::engine {

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
  void forward(const ReferenceBatch<Real>& batch, bool training);
  ReferenceNode<Real> node(std::size_t index);
  void store(Values& values) const;
  Values logits() const;

  const graph::Graph& graph_;
  ReferenceModel<Real>& model_;
  ReferenceStorage storage_;
  const ReferenceBatch<Real>* batch_ = nullptr;
  bool training_ = false;
  std::vector<ReferenceState<Real>> states_;  // by node
  std::vector<Values> gradients_;
};

}  // namespace ftl::engine
