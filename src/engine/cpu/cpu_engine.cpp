#include "engine/cpu/cpu_engine.hpp"

#include "base/index.hpp"
#include "engine/cpu/executor.hpp"
#include "engine/cpu/work_items.hpp"
#include "engine/host_model.hpp"

namespace ftl::engine {
namespace {

struct CpuMemory final : SharedMemory {
  explicit CpuMemory(std::int64_t bytes) : buffer(bytes) {}
  Buffer buffer;
};

Plan plan_for(const graph::Graph& graph, const Purpose& purpose) {
  return purpose.training ? plan_training(graph, purpose.training->trained) : plan_inference(graph);
}

Cost cost_of(const Plan& plan, std::int64_t images, int threads) {
  return {.flop = plan.flop,
          .shareable_bytes = plan.kept_bytes * divide_up(images, std::int64_t{kBlockImages}),
          .own_bytes = plan.scratch_bytes * threads};
}

ExecutorOptions options_for(const Purpose& purpose) {
  auto* memory = dynamic_cast<CpuMemory*>(purpose.memory);
  return {.max_images = purpose.max_images,
          .loss = purpose.training ? purpose.training->loss : nullptr,
          .kept = memory != nullptr ? &memory->buffer : nullptr};
}

class CpuProgram final : public Program {
 public:
  CpuProgram(const graph::Graph& graph, const Purpose& purpose, const kernels::Kernels& kernels,
             ThreadPool& threads)
      : executor_(graph, plan_for(graph, purpose), kernels, threads, options_for(purpose)),
        cost_(cost_of(executor_.plan(), purpose.max_images, threads.threads())),
        segments_(work_segments(graph, executor_.plan())) {
    for (const Segment& segment : executor_.plan().segments)
      completed_.push_back(completed_gradients(graph, executor_.plan(), segment));
  }

  const Cost& cost() const override { return cost_; }
  void load(const ModelMemory& model) override { executor_.load(on_host(model).model()); }
  void infer(const Batch& batch, std::span<float> logits) override { executor_.infer(batch, logits); }
  const std::vector<WorkSegment>& segments() const override { return segments_; }

  TrainingResult train(const Batch& batch, ModelMemory& model, const SegmentHook& after_segment) override {
    HostModel& host = on_host(model);
    return executor_.train(batch, host.model(), host.gradients(), [&](std::size_t segment) {
      if (after_segment) after_segment(completed_[segment]);
    });
  }

  void run(const Part& part, const Batch& batch, ModelMemory& model) override {
    HostModel& host = on_host(model);
    const Segment& whole = executor_.plan().segments[at(part.segment)];
    if (!part.alone && part.items.size() == whole.steps.size())
      return executor_.run(whole, batch, host.model(), host.gradients());
    Segment some;
    for (const int item : part.items) some.steps.push_back(whole.steps[at(item)]);
    some.sums_in_lanes = part.alone ? sums_in_lanes(some) : whole.sums_in_lanes;
    executor_.run(some, batch, host.model(), host.gradients());
  }

 private:
  Executor executor_;
  Cost cost_;
  std::vector<WorkSegment> segments_;
  std::vector<std::vector<int>> completed_;  // by segment: parameters whose gradients it completes
};

}  // namespace

std::unique_ptr<Program> CpuEngine::compile(const graph::Graph& graph, const Purpose& purpose) {
  return std::make_unique<CpuProgram>(graph, purpose, kernels_, threads_);
}

Cost CpuEngine::cost(const graph::Graph& graph, const Purpose& purpose) const {
  return cost_of(plan_for(graph, purpose), purpose.max_images, threads_.threads());
}

std::unique_ptr<SharedMemory> CpuEngine::reserve(std::int64_t bytes, std::int64_t provided) {
  auto memory = std::make_unique<CpuMemory>(bytes);
  provide(threads_, memory->buffer, provided);
  return memory;
}

std::unique_ptr<ModelMemory> CpuEngine::hold(const graph::Graph& graph, const graph::Model& model) {
  return std::make_unique<HostModel>(graph, model, optim::StepContext{threads_, kernels_.tile_product});
}

}  // namespace ftl::engine
