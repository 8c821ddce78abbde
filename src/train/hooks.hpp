// The hooks that recipes can ask for, each in a file of src/train/hooks.
#pragma once

#include "train/evaluator.hpp"
#include "train/hook.hpp"
#include "train/remembered_scores.hpp"
#include "train/trainer_options.hpp"
#include "train/training_clock.hpp"

namespace ftl::train {

// The run that hooks join; all of it outlives them.
struct HookContext {
  const TrainerOptions& options;
  const TrainingStage& own_size;  // the stage of the pictures' own size
  const TrainingClock& clock;     // at the step in work, then at the one that comes next
  engine::ModelMemory& model;
  Evaluator& evaluator;
};

// Those that the recipe and the options ask for, in the order in which they are called.
std::vector<std::unique_ptr<Hook>> make_hooks(const HookContext& context);

// Of the pictures that a step draws, trains on those that a forward pass finds hardest (hard_pictures.hpp).
std::unique_ptr<Hook> fresh_selection(const HookContext& context);
// Draws pictures by what the last step that trained on them found (remembered_scores.hpp), into `scores`.
std::unique_ptr<Hook> remembered_selection(const HookContext& context,
                                           std::shared_ptr<RememberedScores> scores);
// Keeps an average of weights and running statistics, which evaluation then uses.
std::unique_ptr<Hook> weight_average(const HookContext& context);
// After training, sets the last layer's biases so that classes are expected as often as they are
// (class_balance.hpp), by plain views of a few training pictures, those that `scores` call hard first: what
// the others would say is known. `scores` may be null.
std::unique_ptr<Hook> class_balance(const HookContext& context,
                                    std::shared_ptr<const RememberedScores> scores);
// Tells how well training pictures are still known (forgetting.hpp).
std::unique_ptr<Hook> forgetting(const HookContext& context);

}  // namespace ftl::train
