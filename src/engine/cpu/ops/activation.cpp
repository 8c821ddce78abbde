#include "engine/cpu/ops/activation.hpp"

#include "engine/cpu/cpu_op.hpp"
#include "engine/cpu/step_runner.hpp"
#include "graph/ops/activation.hpp"

namespace ftl::engine {
namespace {

void forward(StepRunner& runner, const Step& step) {
  runner.kernels().activation.forward(runner.op<graph::ActivationOp>(step).kind,
                                      runner.node(step).shape.block_elements(), runner.buffer(step.input()),
                                      runner.buffer(step.output()));
}

void backward(StepRunner& runner, const Step& step) {
  runner.kernels().activation.backward(runner.op<graph::ActivationOp>(step).kind,
                                       runner.node(step).shape.block_elements(), runner.buffer(step.input()),
                                       runner.buffer(step.gradient), runner.buffer(step.output()));
}

class Activation final : public CpuOpOf<graph::ActivationOp> {
 public:
  std::vector<const Pass*> passes() const override { return {&kActivationPass, &kActivationDataPass}; }
};

}  // namespace

const Pass kActivationPass{.name = "activation", .kind = WorkKind::activation, .run = forward};
const Pass kActivationDataPass{.name = "activation data", .kind = WorkKind::activation, .run = backward};

const CpuOp& cpu_part(std::type_identity<graph::ActivationOp>) {
  static const Activation part;
  return part;
}

}  // namespace ftl::engine
