#include "graph/ops/activation.hpp"

#include <algorithm>

#include "engine/reference/reference_op.hpp"

namespace ftl::engine {
namespace {

template <class Real>
class Activation final : public ReferenceOpOf<Real, graph::ActivationOp> {
 public:
  void forward(const ReferenceNode<Real>& n) const override {
    const kernels::ActivationKind kind = n.template op<graph::ActivationOp>().kind;
    std::ranges::transform(n.input(0), n.own.value.begin(),
                           [&](Real x) { return kernels::activation_reference(kind, x); });
  }

  void backward(const ReferenceNode<Real>& n) const override {
    const kernels::ActivationKind kind = n.template op<graph::ActivationOp>().kind;
    for (std::size_t i = 0; i < n.input(0).size(); ++i) {
      n.inputs[0]->gradient[i] +=
          n.own.gradient[i] * kernels::activation_derivative_reference(kind, n.input(0)[i]);
    }
  }
};

}  // namespace

FTL_DEFINE_REFERENCE_PART(Activation, ActivationOp)

}  // namespace ftl::engine
