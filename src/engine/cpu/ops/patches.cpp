#include "engine/cpu/ops/patches.hpp"

#include "engine/cpu/cpu_op.hpp"
#include "engine/cpu/step_runner.hpp"
#include "graph/ops/patches.hpp"

namespace ftl::engine {
namespace {

void forward(StepRunner& runner, const Step& step) {
  runner.kernels().patches.forward(runner.op<graph::PatchesOp>(step).geometry, runner.images(),
                                   runner.buffer(step.input()), runner.buffer(step.output()));
}

class Patches final : public CpuOpOf<graph::PatchesOp> {
 public:
  std::vector<const Pass*> passes() const override { return {&kPatchesPass}; }
};

}  // namespace

const Pass kPatchesPass{.name = "patches", .kind = WorkKind::patches, .run = forward};

const CpuOp& cpu_part(std::type_identity<graph::PatchesOp>) {
  static const Patches part;
  return part;
}

}  // namespace ftl::engine
