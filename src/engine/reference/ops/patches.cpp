#include "graph/ops/patches.hpp"

#include "engine/reference/reference_op.hpp"

namespace ftl::engine {
namespace {

template <class Real>
class Patches final : public ReferenceOpOf<Real, graph::PatchesOp> {
 public:
  void forward(const ReferenceNode<Real>& n) const override {
    const kernels::PatchesGeometry& g = n.template op<graph::PatchesOp>().geometry;
    const Shape& shape = n.node.shape;
    std::size_t to = 0;
    for (int image = 0; image < n.batch.images; ++image) {
      for (int channel = 0; channel < shape.channels; ++channel) {
        const int tap = channel / g.channels;
        for (int out_y = 0; out_y < shape.height; ++out_y) {
          for (int out_x = 0; out_x < shape.width; ++out_x, ++to) {
            const int y = out_y * g.stride - g.pad + tap / g.kernel_width;
            const int x = out_x * g.stride - g.pad + tap % g.kernel_width;
            if (y < 0 || y >= g.height || x < 0 || x >= g.width) continue;
            n.own.value[to] =
                n.input(0)[at(((image * g.height + y) * g.width + x) * g.channels + channel % g.channels)];
          }
        }
      }
    }
  }

  void backward(const ReferenceNode<Real>&) const override {}
};

}  // namespace

FTL_DEFINE_REFERENCE_PART(Patches, PatchesOp)

}  // namespace ftl::engine
