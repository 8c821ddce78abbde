// A model in the host's memory.
#pragma once

#include "engine/engine.hpp"

namespace ftl::engine {

class HostModel final : public ModelMemory {
 public:
  HostModel(const graph::Graph& graph, const graph::Model& model, optim::StepContext context);

  graph::Model read() const override { return model_; }
  void write(const graph::Model& model) override { model_ = model; }
  std::span<float> gradient(int parameter) override;
  void step(optim::Optimizer& optimizer, std::span<const int> parameters, double learning_rate) override;
  void average_with(const ModelMemory& other, double decay) override;

  // For the programs that run on it.
  graph::Model& model() { return model_; }
  const graph::Model& model() const { return model_; }
  std::vector<std::vector<float>>& gradients();

 private:
  const graph::Graph& graph_;
  graph::Model model_;
  std::vector<std::vector<float>> gradients_;  // by parameter; empty until they are asked for
  optim::StepContext context_;
};

// What an engine on the host was given: a model of its own making.
HostModel& on_host(ModelMemory& model);
const HostModel& on_host(const ModelMemory& model);

}  // namespace ftl::engine
