// What every optimiser does: one parameter tensor, its gradient, its state, one step. The trainer composes
// them and knows none concretely.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/thread_pool.hpp"
#include "kernels/product/product.hpp"

namespace ftl::optim {

enum class OptimizerKind { sgd, muon };

struct OptimizerConfig {
  OptimizerKind kind = OptimizerKind::sgd;
  double learning_rate = 0.1;
  double momentum = 0.0;
  bool nesterov = true;
  // SGD adds weight_decay * weight to the gradient; Muon takes learning_rate * weight_decay of the weight
  // away.
  double weight_decay = 0.0;
  int newton_schulz_steps = 3;  // Muon
  int normalize_every =
      1;  // Muon: rescale a filter tensor to norm sqrt(outputs) every so many steps; 0: never
};

// A parameter as the optimiser sees it: fp32 master weights with their gradient, [rows][columns] (a filter
// tensor is outputs x the rest).
struct ParameterView {
  std::span<float> weights;
  std::span<const float> gradient;
  int rows = 0;
  int columns = 0;
};

// What a step may use: threads, and the matrix products of the ISA in use.
struct StepContext {
  ThreadPool& threads;
  const kernels::TileProductKernels& tile_product;
};

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  // One update with the learning rate already scheduled. Every view of every call has the sizes of the first
  // one. The result does not depend on the number of threads.
  virtual void step(std::span<const ParameterView> parameters, double learning_rate, StepContext context) = 0;
  // The state to checkpoint for --resume: one tensor a parameter, in order (momentum buffers), and the step
  // count.
  virtual std::vector<std::span<float>> state() = 0;
  virtual std::int64_t steps_taken() const = 0;
  virtual void set_steps_taken(std::int64_t steps) = 0;
};

// An optimiser for parameters of these sizes (elements each).
std::unique_ptr<Optimizer> make_optimizer(const OptimizerConfig& config, std::span<const std::int64_t> sizes);

}  // namespace ftl::optim
