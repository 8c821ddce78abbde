// One training step's change of the weights: each role's optimizer with its scheduled learning rate, and the
// average.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "graph/model.hpp"
#include "optim/ema.hpp"
#include "optim/schedule.hpp"
#include "recipe/recipe.hpp"
#include "train/training_state.hpp"

namespace ftl::train {

class ParameterUpdate {
 public:
  ParameterUpdate(const recipe::Recipe& recipe, const graph::Graph& graph,
                  const optim::TrainingLength& length);

  // Which parameters learn after so many batches (TrainingClock::batches).
  std::vector<bool> trained_at(double batches) const;

  void apply(double batches, graph::Model& model, const std::vector<std::vector<float>>& gradients,
             optim::StepContext context);

  // What the optimizers keep of each parameter, for a training state to resume from.
  OptimizerState state() const;
  // A parameter that the state does not have starts anew. Throws InputError naming a parameter whose state is
  // not that of its optimizer.
  void restore(const OptimizerState& state);

 private:
  // The parameters of one role that learn until the same epoch.
  struct Group {
    recipe::OptimizerGroup config;
    double train_until;  // epochs; infinite: to the end
    std::vector<int> parameters;
    std::unique_ptr<optim::Optimizer> optimizer;
  };

  bool is_trained(const Group& group, double batches) const;

  const graph::Graph& graph_;
  optim::TrainingLength length_;
  std::vector<Group> groups_;
};

// The average of weights and running statistics that evaluation uses, where the recipe asks for one.
class ModelAverage {
 public:
  // From `first_step` on, that of config.start_epoch.
  ModelAverage(const recipe::EmaConfig& config, std::int64_t first_step)
      : config_(config), first_step_(first_step) {}

  // After `step` (0 for the first) has changed the model.
  void update(std::int64_t step, const graph::Model& model);
  // The average, or null while there is none yet.
  const graph::Model* model() const { return average_ ? &*average_ : nullptr; }
  graph::Model* model() { return average_ ? &*average_ : nullptr; }
  void restore(const graph::Model& average) { average_ = average; }

 private:
  recipe::EmaConfig config_;
  std::int64_t first_step_;
  std::optional<graph::Model> average_;
};

}  // namespace ftl::train
