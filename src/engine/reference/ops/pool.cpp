#include "graph/ops/pool.hpp"

#include "engine/reference/reference_op.hpp"

namespace ftl::engine {
namespace {

template <class Real>
class Pool final : public ReferenceOpOf<Real, graph::PoolOp> {
 public:
  void forward(const ReferenceNode<Real>& n) const override {
    kernels::pool_reference<Real>(n.template op<graph::PoolOp>().geometry, n.batch.images, n.input(0),
                                  n.own.value);
  }

  void backward(const ReferenceNode<Real>& n) const override {
    std::vector<Real> dx(n.input(0).size());
    kernels::pool_backward_reference<Real>(n.template op<graph::PoolOp>().geometry, n.batch.images,
                                           n.input(0), n.own.gradient, dx);
    add_to(n.inputs[0]->gradient, dx);
  }
};

}  // namespace

FTL_DEFINE_REFERENCE_PART(Pool, PoolOp)

}  // namespace ftl::engine
