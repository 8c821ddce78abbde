#include "graph/ops/concat.hpp"

#include <algorithm>
#include <cstring>

#include "engine/cpu/cpu_op.hpp"
#include "engine/cpu/planner.hpp"
#include "engine/cpu/step_runner.hpp"

// Moves values and computes none, so that one body serves every instruction
// set.
namespace ftl::engine {
namespace {

// Some channels of an image block.
struct Channels {
  const Shape& shape;
  bf16* block;
  int first = 0;

  // Those of the first channel's channel block, in one half: a row of 32
  // channels for each position and image.
  bf16* rows(int half) const {
    const int plane = half * shape.channel_blocks() + first / kBlockChannels;
    return block + plane * shape.plane_elements() + first % kBlockChannels;
  }
  // How many of them are in the first one's channel block.
  int together() const { return kBlockChannels - first % kBlockChannels; }
};

void copy(Channels from, Channels to, int count) {
  const std::int64_t rows = std::int64_t{to.shape.positions()} * kHalfImages;
  while (count > 0) {
    const int run = std::min({count, from.together(), to.together()});
    const auto bytes = static_cast<std::size_t>(run) * sizeof(bf16);
    for (int half = 0; half < 2; ++half) {
      const bf16* source = from.rows(half);
      bf16* target = to.rows(half);
      if (run == kBlockChannels) {
        std::memcpy(target, source, static_cast<std::size_t>(rows) * bytes);
        continue;
      }
      for (std::int64_t row = 0; row < rows; ++row)
        std::memcpy(target + row * kBlockChannels, source + row * kBlockChannels, bytes);
    }
    from.first += run;
    to.first += run;
    count -= run;
  }
}

void zero_padding(const Shape& shape, bf16* block) {
  const int padding = shape.padded_channels() - shape.channels;
  if (padding == 0) return;
  const Channels channels{shape, block, shape.channels};
  const std::int64_t rows = std::int64_t{shape.positions()} * kHalfImages;
  for (int half = 0; half < 2; ++half) {
    for (std::int64_t row = 0; row < rows; ++row)
      std::memset(channels.rows(half) + row * kBlockChannels, 0, static_cast<std::size_t>(padding) * 2);
  }
}

void forward(StepRunner& runner, const Step& step) {
  const Shape& shape = runner.node(step).shape;
  bf16* all = runner.buffer(step.output());
  int first = 0;
  for (std::size_t i = 0; i < step.inputs.size(); ++i) {
    const Shape& input = runner.input_shape(step, i);
    copy({input, runner.buffer(step.inputs[i])}, {shape, all, first}, input.channels);
    first += input.channels;
  }
  zero_padding(shape, all);
}

void backward(StepRunner& runner, const Step& step) {
  int first = 0;
  for (std::size_t i = 0; i < step.outputs.size(); ++i) {
    const Shape& input = runner.input_shape(step, i);
    bf16* gradient = runner.buffer(step.outputs[i]);
    copy({runner.node(step).shape, runner.buffer(step.gradient), first}, {input, gradient}, input.channels);
    zero_padding(input, gradient);
    first += input.channels;
  }
}

const Pass kForward{.name = "concat", .kind = WorkKind::elementwise, .run = forward};
const Pass kBackward{.name = "concat data", .kind = WorkKind::elementwise, .run = backward};

class Concat final : public CpuOpOf<graph::ConcatOp> {
 public:
  std::vector<const Pass*> passes() const override { return {&kForward, &kBackward}; }
};

}  // namespace

const CpuOp& cpu_part(std::type_identity<graph::ConcatOp>) {
  static const Concat part;
  return part;
}

}  // namespace ftl::engine
