#include "graph/ops/pictures.hpp"

#include "engine/cpu/cpu_op.hpp"
#include "engine/cpu/step_runner.hpp"

namespace ftl::engine {
namespace {

void forward(StepRunner& runner, const Step& step) {
  runner.fill_pictures(runner.buffer(step.output()));
}

const Pass kForward{.name = "pictures", .kind = WorkKind::augmentation, .run = forward};

class Pictures final : public CpuOpOf<graph::PicturesOp> {
 public:
  std::vector<const Pass*> passes() const override { return {&kForward}; }

  // [32][height][width][3], not blocked.
  std::int64_t value_bytes(const graph::Node& node) const override {
    return kBlockImages * node.shape.elements() * 2;
  }
};

}  // namespace

const CpuOp& cpu_part(std::type_identity<graph::PicturesOp>) {
  static const Pictures part;
  return part;
}

}  // namespace ftl::engine
