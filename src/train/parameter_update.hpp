// One training step's change of the weights: each role's optimizer with its scheduled learning rate.
#pragma once

#include <memory>
#include <vector>

#include "engine/engine.hpp"
#include "optim/schedule.hpp"
#include "recipe/recipe.hpp"
#include "train/training_state.hpp"

namespace ftl::train {

class ParameterUpdate {
 public:
  ParameterUpdate(const recipe::Recipe& recipe, const graph::Graph& graph,
                  const optim::TrainingLength& length, engine::Engine& engine);

  // Which parameters learn after so many batches (TrainingClock::batches).
  std::vector<bool> trained_at(double batches) const;

  // By the gradients that the model has.
  void apply(double batches, engine::ModelMemory& model);

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

}  // namespace ftl::train
