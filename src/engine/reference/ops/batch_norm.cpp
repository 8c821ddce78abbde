#include "graph/ops/batch_norm.hpp"

#include <algorithm>
#include <cmath>

#include "engine/reference/reference_op.hpp"
#include "kernels/batch_norm/batch_norm.hpp"

namespace ftl::engine {
namespace {

using graph::BatchNormOp;

template <class Real>
kernels::BatchNormReference<Real> normalisation(const ReferenceNode<Real>& n) {
  const Shape& shape = n.node.shape;
  return {n.batch.images, shape.channels, shape.positions(),
          static_cast<Real>(n.template op<BatchNormOp>().eps)};
}

// With its activation.
template <class Real>
class BatchNorm final : public ReferenceOpOf<Real, BatchNormOp> {
 public:
  using Values = std::vector<Real>;

  void forward(const ReferenceNode<Real>& n) const override {
    n.own.unfused.resize(n.own.value.size());
    if (n.training) {
      normalise_by_batch(n);
    } else {
      normalise_by_running_statistics(n);
    }
    const auto& op = n.template op<BatchNormOp>();
    for (std::size_t i = 0; i < n.own.value.size(); ++i)
      n.own.value[i] = kernels::activation_reference(op.activation, n.own.unfused[i]);
  }

  void backward(const ReferenceNode<Real>& n) const override {
    const auto& op = n.template op<BatchNormOp>();
    Values dz(n.own.value.size());
    for (std::size_t i = 0; i < dz.size(); ++i) {
      dz[i] = n.own.gradient[i] * kernels::activation_derivative_reference(op.activation, n.own.unfused[i]);
    }
    const int channels = n.node.shape.channels;
    Values dx(n.input(0).size());
    Values dgamma(at(channels));
    Values dbeta(at(channels));
    normalisation(n).backward(n.input(0), n.parameter_or(op.scale, channels, 1), dz, dx, dgamma, dbeta);
    add_to(n.inputs[0]->gradient, dx);
    if (op.scale != graph::kNone) n.gradients[at(op.scale)] = dgamma;
    if (op.bias != graph::kNone) n.gradients[at(op.bias)] = dbeta;
  }

 private:
  static void normalise_by_batch(const ReferenceNode<Real>& n) {
    const auto& op = n.template op<BatchNormOp>();
    const Values& x = n.input(0);
    const int channels = n.node.shape.channels;
    normalisation(n).forward(x, n.parameter_or(op.scale, channels, 1), n.parameter_or(op.bias, channels, 0),
                             n.own.unfused);
    const std::size_t positions = at(n.node.shape.positions());
    const auto count = static_cast<Real>(x.size() / at(channels));
    Values sum(at(channels), 0);
    Values squares(at(channels), 0);
    for (std::size_t i = 0; i < x.size(); ++i) sum[i / positions % at(channels)] += x[i];
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::size_t channel = i / positions % at(channels);
      const Real centred = x[i] - sum[channel] / count;
      squares[channel] += centred * centred;
    }
    auto& running = n.model.norms[at(op.statistics)];
    const auto momentum = static_cast<Real>(op.momentum);
    for (std::size_t c = 0; c < at(channels); ++c) {
      running.mean[c] = (1 - momentum) * running.mean[c] + momentum * sum[c] / count;
      running.variance[c] =
          (1 - momentum) * running.variance[c] + momentum * squares[c] / std::max<Real>(1, count - 1);
    }
  }

  static void normalise_by_running_statistics(const ReferenceNode<Real>& n) {
    const auto& op = n.template op<BatchNormOp>();
    const Values& x = n.input(0);
    const int channels = n.node.shape.channels;
    const Values gamma = n.parameter_or(op.scale, channels, 1);
    const Values beta = n.parameter_or(op.bias, channels, 0);
    const auto& running = n.model.norms[at(op.statistics)];
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::size_t c = i / at(n.node.shape.positions()) % at(channels);
      const Real deviation = std::sqrt(running.variance[c] + static_cast<Real>(op.eps));
      n.own.unfused[i] = gamma[c] * (x[i] - running.mean[c]) / deviation + beta[c];
    }
  }
};

}  // namespace

FTL_DEFINE_REFERENCE_PART(BatchNorm, BatchNormOp)

}  // namespace ftl::engine
