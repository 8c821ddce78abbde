#include "graph/ops/multiply.hpp"

#include "engine/cpu/cpu_op.hpp"
#include "engine/cpu/step_runner.hpp"

namespace ftl::engine {
namespace {

void forward(StepRunner& runner, const Step& step) {
  runner.kernels().elementwise.multiply(runner.node(step).shape, runner.buffer(step.inputs[0]),
                                        runner.buffer(step.inputs[1]), runner.buffer(step.output()));
}

void backward(StepRunner& runner, const Step& step) {
  runner.kernels().elementwise.multiply_backward(
      runner.node(step).shape, runner.buffer(step.inputs[0]), runner.buffer(step.inputs[1]),
      runner.buffer(step.gradient), runner.buffer(step.outputs[0]), runner.buffer(step.outputs[1]));
}

const Pass kForward{.name = "multiply", .kind = WorkKind::elementwise, .run = forward};
const Pass kBackward{.name = "multiply data", .kind = WorkKind::elementwise, .run = backward};

class Multiply final : public CpuOpOf<graph::MultiplyOp> {
 public:
  std::vector<const Pass*> passes() const override { return {&kForward, &kBackward}; }
};

}  // namespace

const CpuOp& cpu_part(std::type_identity<graph::MultiplyOp>) {
  static const Multiply part;
  return part;
}

}  // namespace ftl::engine
