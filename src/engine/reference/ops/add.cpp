#include "graph/ops/add.hpp"

#include "engine/reference/reference_op.hpp"

namespace ftl::engine {
namespace {

template <class Real>
class Add final : public ReferenceOpOf<Real, graph::AddOp> {
 public:
  void forward(const ReferenceNode<Real>& n) const override {
    for (const ReferenceState<Real>* input : n.inputs) add_to(n.own.value, input->value);
  }

  void backward(const ReferenceNode<Real>& n) const override {
    for (ReferenceState<Real>* input : n.inputs) add_to(input->gradient, n.own.gradient);
  }
};

}  // namespace

FTL_DEFINE_REFERENCE_PART(Add, AddOp)

}  // namespace ftl::engine
