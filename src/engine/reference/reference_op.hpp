// The reference's part of an op: forward and backward in the plainest way, on values [images][C][H][W]. One
// object a kind, in the op's file in engine/reference/ops/.
#pragma once

#include <type_traits>
#include <typeinfo>
#include <vector>

#include "base/index.hpp"
#include "engine/reference/reference_model.hpp"
#include "graph/ops/list.hpp"

namespace ftl::engine {

// What a node leaves for the backward pass.
template <class Real>
struct ReferenceState {
  std::vector<Real> unfused;   // a convolution before its pool, a batch norm before its activation
  std::vector<Real> value;     // the node's output; before `forward` zeros
  std::vector<Real> gradient;  // of the loss by `value`
};

// What an op sees of its node.
template <class Real>
struct ReferenceNode {
  using Values = std::vector<Real>;

  const graph::Node& node;
  const ReferenceBatch<Real>& batch;
  bool training;
  ReferenceModel<Real>& model;
  std::vector<Values>& gradients;  // by parameter
  ReferenceState<Real>& own;
  std::vector<ReferenceState<Real>*> inputs{};

  template <class Kind>
  const Kind& op() const {
    return static_cast<const Kind&>(*node.op);
  }
  const Values& input(std::size_t which) const { return inputs[which]->value; }
  Values parameter_or(int parameter, int channels, Real otherwise) const {
    return parameter == graph::kNone ? Values(at(channels), otherwise) : model.parameters[at(parameter)];
  }
};

template <class Real>
class ReferenceOp {
 public:
  ReferenceOp() = default;
  ReferenceOp(const ReferenceOp&) = delete;
  ReferenceOp& operator=(const ReferenceOp&) = delete;
  virtual ~ReferenceOp() = default;

  // The class of graph::Op that it is the part of.
  virtual const std::type_info& kind() const = 0;

  virtual void forward(const ReferenceNode<Real>& n) const = 0;
  // Adds to the gradients of the node's inputs and sets those of its parameters.
  virtual void backward(const ReferenceNode<Real>& n) const = 0;
};

// A part that says which kind it is of.
template <class Real, class Kind>
class ReferenceOpOf : public ReferenceOp<Real> {
 public:
  const std::type_info& kind() const override { return typeid(Kind); }
};

template <class Real>
const ReferenceOp<Real>& reference_op(const graph::Op& op);

// The parts, each defined in the op's file.
#define FTL_DECLARE_REFERENCE_PART(KIND) \
  template <class Real>                  \
  const ReferenceOp<Real>& reference_part(std::type_identity<graph::KIND>);
FTL_FOR_EVERY_OP(FTL_DECLARE_REFERENCE_PART)
#undef FTL_DECLARE_REFERENCE_PART

// Defines a part, a class template over its numbers.
#define FTL_DEFINE_REFERENCE_PART(PART, KIND)                                                \
  template <class Real>                                                                      \
  const ReferenceOp<Real>& reference_part(std::type_identity<graph::KIND>) {                 \
    static const PART<Real> part;                                                            \
    return part;                                                                             \
  }                                                                                          \
  template const ReferenceOp<float>& reference_part<float>(std::type_identity<graph::KIND>); \
  template const ReferenceOp<double>& reference_part<double>(std::type_identity<graph::KIND>);

template <class Real>
void add_to(std::vector<Real>& sum, const std::vector<Real>& addend) {
  for (std::size_t i = 0; i < addend.size(); ++i) sum[i] += addend[i];
}

}  // namespace ftl::engine
