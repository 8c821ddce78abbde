#include "engine/cpu/plan_passes.hpp"

#include <cstring>

#include "engine/cpu/step_runner.hpp"

namespace ftl::engine {
namespace {

void loss(StepRunner& runner, const Step& step) {
  runner.loss(runner.buffer(step.input()), runner.buffer(step.output()));
}

void copy(StepRunner& runner, const Step& step) {
  std::memcpy(runner.buffer(step.output()), runner.buffer(step.input()),
              static_cast<std::size_t>(runner.bytes(step.output())));
}

void accumulate(StepRunner& runner, const Step& step) {
  bf16* sum = runner.buffer(step.output());
  runner.kernels().elementwise.add(runner.bytes(step.output()) / 2, sum, runner.buffer(step.input()), sum);
}

}  // namespace

const Pass kLossPass{.name = "loss", .kind = WorkKind::loss, .run = loss};
const Pass kCopyPass{.name = "copy", .kind = WorkKind::elementwise, .run = copy};
const Pass kAccumulatePass{.name = "accumulate", .kind = WorkKind::elementwise, .run = accumulate};

}  // namespace ftl::engine
