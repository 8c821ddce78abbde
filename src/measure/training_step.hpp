// One training step taken slowly: it can be stopped anywhere, and a part of it repeated.
#pragma once

#include <memory>
#include <vector>

#include "base/thread_pool.hpp"
#include "engine/engine.hpp"
#include "kernels/registry.hpp"
#include "loss/softmax_cross_entropy.hpp"
#include "recipe/recipe.hpp"

namespace ftl::measure {

struct TrainingStepOptions {
  const recipe::Recipe& recipe;
  const kernels::Kernels& kernels;
  ThreadPool& threads;
  graph::GraphInput pictures{};  // their size and classes
  double epoch = 0;              // which parameters learn follows from it
};

// The recipe's network with initial weights on a batch of random pictures.
class TrainingStep {
 public:
  // Takes a first step, after which all memory holds what it holds in training.
  explicit TrainingStep(const TrainingStepOptions& options);
  TrainingStep(const TrainingStep&) = delete;
  TrainingStep& operator=(const TrainingStep&) = delete;

  const graph::Graph& graph() const { return graph_; }
  const std::vector<engine::WorkSegment>& segments() const { return program_->segments(); }
  std::int64_t images() const { return batch_.images; }

  // Some of the step's work, over the whole batch and on all threads.
  void run(const engine::Part& part) { program_->run(part, batch_, *model_); }

 private:
  graph::Graph graph_;
  engine::Batch batch_;
  loss::SoftmaxCrossEntropy loss_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::ModelMemory> model_;
  std::unique_ptr<engine::Program> program_;
};

}  // namespace ftl::measure
