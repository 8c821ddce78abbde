// What every optimizer does: some parameter tensors with their gradients, the state that it keeps of each,
// one step. The trainer composes them and knows none concretely; optim/optimizer_config.hpp lists them.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/thread_pool.hpp"
#include "kernels/product/product.hpp"

namespace ftl::optim {

// A parameter as the optimizer sees it: fp32 master weights with their gradient, [rows][columns] (a filter
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

// What an optimizer keeps of one parameter from step to step, and a training state saves.
struct ParameterState {
  std::int64_t steps = 0;  // taken
  // By name ("momentum"), each of the parameter's shape in the parameter's order, 0 before the first step. A
  // name is letters and digits.
  std::map<std::string, std::vector<float>, std::less<>> tensors;

  std::vector<float>& tensor(std::string_view name) { return tensors.find(name)->second; }
};

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  // One update with the learning rate already scheduled. Every call has a view of each parameter, of its
  // size. The result does not depend on the number of threads.
  virtual void step(std::span<const ParameterView> parameters, double learning_rate, StepContext context) = 0;

  // One a parameter, in order.
  std::span<ParameterState> state() { return state_; }
  std::span<const ParameterState> state() const { return state_; }

 protected:
  // With these state tensors for each parameter, of the sizes given (elements each).
  Optimizer(std::span<const std::int64_t> sizes, std::initializer_list<std::string_view> tensors);

 private:
  std::vector<ParameterState> state_;
};

}  // namespace ftl::optim
