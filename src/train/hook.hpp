// What joins in a run's loop of forward, backward and optimizer steps: selection, averages, and what else a
// recipe asks for. The trainer knows hooks by this interface only; train/hooks.cpp puts a recipe's together.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "engine/engine.hpp"
#include "loss/score.hpp"
#include "train/result.hpp"
#include "train/step.hpp"
#include "train/training_state.hpp"

namespace ftl::train {

// What is said of an epoch after its evaluation.
struct EpochReport {
  EpochRecord record;
  loss::Score test;  // of the model that evaluation uses
  // Called with the observer, if there is one, after it was told the record.
  std::vector<std::function<void(TrainingObserver&)>> more{};
};

// Each call comes from the training thread. What throws Interruption, when Ctrl-C comes, is called again when
// the run goes on.
class Hook {
 public:
  virtual ~Hook() = default;

  // May choose pictures: as many as the clock's batch() of the drawn() ones.
  virtual void before_step(Step&) {}
  // The gradients are there, the weights are as they were.
  virtual void after_backward(const Step&) {}
  // The weights have changed; left out where the loss is not finite. The clock still stands at the step.
  virtual void after_step() {}
  // The evaluator has loaded the model that evaluation uses.
  virtual void after_epoch(EpochReport&) {}
  // After the last step and before its evaluation. `evaluated` is the model that evaluation uses.
  virtual void after_training(engine::ModelMemory& /*evaluated*/) {}

  // A model to evaluate instead of the one that is trained; null: none yet.
  virtual engine::ModelMemory* evaluated_model() { return nullptr; }

  // What the hook needs to go on, in its own fields of the state. Throws InputError where they do not fit.
  virtual void save(TrainingState&) const {}
  virtual void restore(const TrainingState&) {}
};

}  // namespace ftl::train
