// The processor as an engine: plans of fused steps over image blocks (plan.hpp), run by an executor.
#pragma once

#include "engine/engine.hpp"
#include "kernels/registry.hpp"

namespace ftl::engine {

class CpuEngine final : public Engine {
 public:
  // Both must outlive the engine.
  CpuEngine(const kernels::Kernels& kernels, ThreadPool& threads) : kernels_(kernels), threads_(threads) {}

  std::string_view name() const override { return "cpu"; }
  ThreadPool& threads() override { return threads_; }

  std::unique_ptr<Program> compile(const graph::Graph& graph, const Purpose& purpose) override;
  Cost cost(const graph::Graph& graph, const Purpose& purpose) const override;
  std::unique_ptr<SharedMemory> reserve(std::int64_t bytes, std::int64_t provided) override;

  std::unique_ptr<ModelMemory> hold(const graph::Graph& graph, const graph::Model& model) override;
  std::unique_ptr<optim::Optimizer> make_optimizer(const optim::OptimizerRule& rule,
                                                   std::span<const std::int64_t> sizes) override {
    return optim::make_optimizer(rule, sizes);
  }

 private:
  const kernels::Kernels& kernels_;
  ThreadPool& threads_;
};

}  // namespace ftl::engine
