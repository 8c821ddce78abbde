#include "graph/ops/add.hpp"

#include "engine/cpu/cpu_op.hpp"
#include "engine/cpu/plan_passes.hpp"
#include "engine/cpu/planner.hpp"
#include "engine/cpu/step_runner.hpp"

namespace ftl::engine {
namespace {

void forward(StepRunner& runner, const Step& step) {
  runner.kernels().elementwise.add(runner.node(step).shape.block_elements(), runner.buffer(step.inputs[0]),
                                   runner.buffer(step.inputs[1]), runner.buffer(step.output()));
}

const Pass kForward{.name = "add", .kind = WorkKind::elementwise, .run = forward};

class Add final : public CpuOpOf<graph::AddOp> {
 public:
  std::vector<const Pass*> passes() const override { return {&kForward}; }

  // Each input's gradient is the sum's.
  void plan_backward(Planner& planner, int node) const override {
    for (const int input : planner.node(node).inputs) {
      if (!planner.carries_gradient(input)) continue;
      const Pass& pass = planner.has_gradient(input) ? kAccumulatePass : kCopyPass;
      const int sum = planner.has_gradient(input) ? planner.gradient(input) : planner.contribution(input);
      planner.emit({.pass = &pass, .node = node, .inputs = {planner.gradient(node)}, .outputs = {sum}});
    }
  }
};

}  // namespace

const CpuOp& cpu_part(std::type_identity<graph::AddOp>) {
  static const Add part;
  return part;
}

}  // namespace ftl::engine
