#include "graph/ops/convolution.hpp"

#include "engine/reference/reference_op.hpp"
#include "kernels/pool/pool.hpp"

namespace ftl::engine {
namespace {

kernels::PoolGeometry fused_pool(const kernels::ConvolutionGeometry& convolution) {
  return {.kind = kernels::PoolKind::max, .in = convolution.out, .out = convolution.written()};
}

// With its pool.
template <class Real>
class Convolution final : public ReferenceOpOf<Real, graph::ConvolutionOp> {
 public:
  using Values = std::vector<Real>;

  void forward(const ReferenceNode<Real>& n) const override {
    const auto& op = n.template op<graph::ConvolutionOp>();
    const int images = n.batch.images;
    const Values bias = n.parameter_or(op.bias, op.geometry.out.channels, 0);
    n.own.unfused.resize(at(images) * static_cast<std::size_t>(op.geometry.out.elements()));
    kernels::convolution_reference<Real>(op.geometry, images, n.input(0), n.model.parameters[at(op.weight)],
                                         bias, n.own.unfused);
    if (op.geometry.pool) {
      kernels::pool_reference<Real>(fused_pool(op.geometry), images, n.own.unfused, n.own.value);
    } else {
      n.own.value = n.own.unfused;
    }
  }

  void backward(const ReferenceNode<Real>& n) const override {
    const auto& op = n.template op<graph::ConvolutionOp>();
    const int images = n.batch.images;
    Values dy = n.own.gradient;
    if (op.geometry.pool) {
      dy.resize(n.own.unfused.size());
      kernels::pool_backward_reference<Real>(fused_pool(op.geometry), images, n.own.unfused, n.own.gradient,
                                             dy);
    }
    Values dx(n.input(0).size());
    const std::span<Real> dbias =
        op.bias == graph::kNone ? std::span<Real>{} : std::span<Real>(n.gradients[at(op.bias)]);
    kernels::convolution_backward_reference<Real>(op.geometry, images, n.input(0),
                                                  n.model.parameters[at(op.weight)], dy, dx,
                                                  n.gradients[at(op.weight)], dbias);
    add_to(n.inputs[0]->gradient, dx);
  }
};

}  // namespace

FTL_DEFINE_REFERENCE_PART(Convolution, ConvolutionOp)

}  // namespace ftl::engine
