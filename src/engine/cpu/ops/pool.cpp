#include "graph/ops/pool.hpp"

#include "engine/cpu/cpu_op.hpp"
#include "engine/cpu/step_runner.hpp"

namespace ftl::engine {
namespace {

void forward(StepRunner& runner, const Step& step) {
  runner.kernels().pool.forward(runner.op<graph::PoolOp>(step).geometry, runner.buffer(step.input()),
                                runner.buffer(step.output()));
}

void backward(StepRunner& runner, const Step& step) {
  runner.kernels().pool.backward(runner.op<graph::PoolOp>(step).geometry, runner.buffer(step.input()),
                                 runner.buffer(step.gradient), runner.buffer(step.output()));
}

const Pass kForward{.name = "pool", .kind = WorkKind::pool, .run = forward};
const Pass kBackward{.name = "pool data", .kind = WorkKind::pool, .run = backward};

class Pool final : public CpuOpOf<graph::PoolOp> {
 public:
  std::vector<const Pass*> passes() const override { return {&kForward, &kBackward}; }
};

}  // namespace

const CpuOp& cpu_part(std::type_identity<graph::PoolOp>) {
  static const Pool part;
  return part;
}

}  // namespace ftl::engine
