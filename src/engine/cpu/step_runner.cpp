#include "engine/cpu/step_runner.hpp"

#include "engine/cpu/activity.hpp"

namespace ftl::engine {

void StepRunner::run(const Segment& segment, const Place& place) {
  place_ = place;
  largest_.assign(executor_.plan_.buffers.size(), kUnknown);
  ActivityRecorder* recorder = executor_.threads_.recorder();
  for (const Step& step : segment.steps) {
    if (recorder != nullptr) recorder->begin(thread_, activity(*step.pass, step.node));
    for (const int output : step.outputs) largest_[at(output)] = kUnknown;
    step.pass->run(*this, step);
  }
}

std::byte* StepRunner::place_of(int index, int blocks_before) const {
  if (index == graph::kNone) return nullptr;
  const PlanBuffer& planned = executor_.plan_.buffers[at(index)];
  if (planned.kept) {
    const std::int64_t block = place_.block - blocks_before;
    return executor_.kept_.data() + block * executor_.plan_.kept_bytes + planned.offset;
  }
  const std::int64_t copy = (place_.index - blocks_before) % planned.copies;
  return executor_.scratch_[at(thread_)].data() + planned.offset + copy * planned.bytes;
}

float StepRunner::largest_magnitude(int index, const Shape& shape) const {
  if (largest_[at(index)] != kUnknown) return largest_[at(index)];
  return kernels().convolution.largest_magnitude(shape, images(), buffer(index));
}

float* StepRunner::measure(int index) {
  if (!executor_.plan_.training || executor_.graph_.products != graph::Products::int8) return nullptr;
  return &largest_[at(index)];
}

void StepRunner::fill_pictures(bf16* pictures) {
  const std::int64_t first = std::int64_t{place_.block} * kBlockImages;
  Target* targets = executor_.plan_.training ? executor_.targets_.data() + first : nullptr;
  batch_.fill(first, images(), pictures, targets);
}

void StepRunner::loss(const bf16* output, bf16* gradient) {
  const std::int64_t first = std::int64_t{place_.block} * kBlockImages;
  executor_.losses_[at(place_.block)] =
      loss::evaluate_block(*executor_.options_.loss,
                           {.classes = executor_.graph_.classes,
                            .images = images(),
                            .first = first,
                            .logit_scale = static_cast<float>(executor_.graph_.logit_scale),
                            .outputs = output,
                            .targets = executor_.targets_.data() + first},
                           gradient);
}

}  // namespace ftl::engine
