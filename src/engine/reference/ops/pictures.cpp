#include "graph/ops/pictures.hpp"

#include "engine/reference/reference_op.hpp"

namespace ftl::engine {
namespace {

template <class Real>
class Pictures final : public ReferenceOpOf<Real, graph::PicturesOp> {
 public:
  void forward(const ReferenceNode<Real>& n) const override { n.own.value = n.batch.pictures; }
  void backward(const ReferenceNode<Real>&) const override {}
};

}  // namespace

FTL_DEFINE_REFERENCE_PART(Pictures, PicturesOp)

}  // namespace ftl::engine
