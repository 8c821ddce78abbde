// The reference network as an engine: every graph in double and node by node, on one thread. It is what other
// engines are held to, and slow.
#pragma once

#include "engine/engine.hpp"

namespace ftl::engine {

class ReferenceEngine final : public Engine {
 public:
  // `threads` must outlive the engine.
  explicit ReferenceEngine(ThreadPool& threads) : threads_(threads) {}

  std::string_view name() const override { return "reference"; }
  ThreadPool& threads() override { return threads_; }

  std::unique_ptr<Program> compile(const graph::Graph& graph, const Purpose& purpose) override;
  // Counts no operations and no memory: nobody chooses by the reference's.
  Cost cost(const graph::Graph&, const Purpose&) const override { return {}; }
  std::unique_ptr<SharedMemory> reserve(std::int64_t bytes, std::int64_t provided) override;

  std::unique_ptr<ModelMemory> hold(const graph::Graph& graph, const graph::Model& model) override;
  std::unique_ptr<optim::Optimizer> make_optimizer(const optim::OptimizerRule& rule,
                                                   std::span<const std::int64_t> sizes) override {
    return optim::make_optimizer(rule, sizes);
  }

 private:
  ThreadPool& threads_;
};

}  // namespace ftl::engine
