#include "graph/ops/multiply.hpp"

#include "engine/reference/reference_op.hpp"
#include "kernels/elementwise/elementwise.hpp"

namespace ftl::engine {
namespace {

template <class Real>
class Multiply final : public ReferenceOpOf<Real, graph::MultiplyOp> {
 public:
  void forward(const ReferenceNode<Real>& n) const override {
    const Shape& shape = n.node.shape;
    kernels::multiply_reference<Real>(n.batch.images, shape.channels, shape.positions(), n.input(0),
                                      n.input(1), n.own.value);
  }

  void backward(const ReferenceNode<Real>& n) const override {
    const Shape& shape = n.node.shape;
    std::vector<Real> dx(n.input(0).size());
    std::vector<Real> dgate(n.input(1).size());
    kernels::multiply_backward_reference<Real>(n.batch.images, shape.channels, shape.positions(), n.input(0),
                                               n.input(1), n.own.gradient, dx, dgate);
    add_to(n.inputs[0]->gradient, dx);
    add_to(n.inputs[1]->gradient, dgate);
  }
};

}  // namespace

FTL_DEFINE_REFERENCE_PART(Multiply, MultiplyOp)

}  // namespace ftl::engine
