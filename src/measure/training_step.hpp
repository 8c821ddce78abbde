// One training step taken slowly: it can be stopped anywhere, and a part of it repeated.
#pragma once

#include <vector>

#include "base/thread_pool.hpp"
#include "engine/cpu/executor.hpp"
#include "graph/model.hpp"
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
  const engine::Plan& plan() const { return executor_.plan(); }
  std::int64_t images() const { return batch_.images; }

  // A segment of the plan, or some of its steps, over the whole batch and on all threads.
  void run(const engine::Segment& segment) { executor_.run(segment, batch_, model_, gradients_); }

 private:
  graph::Graph graph_;
  graph::Model model_;
  engine::Batch batch_;
  std::vector<std::vector<float>> gradients_;
  loss::SoftmaxCrossEntropy loss_;
  engine::Executor executor_;
};

}  // namespace ftl::measure
