// Where a run stands: the step that comes next, which pictures of the epoch's order it draws, and how much of
// the training that is.
#pragma once

#include <cstdint>

#include "optim/schedule.hpp"
#include "recipe/recipe.hpp"

namespace ftl::train {

// An epoch is one pass over the pictures, less what remains after the last whole batch. A step draws a batch
// of them; while the recipe selects (SelectionConfig), it draws more, so that the epoch has fewer steps.
class TrainingClock {
 public:
  TrainingClock(const recipe::Recipe& recipe, std::int64_t pictures);

  // Pictures that a step trains on.
  std::int64_t batch() const { return batch_; }
  std::int64_t total_steps() const { return total_steps_; }
  // In batches drawn, as schedules count: steps, where nothing is selected.
  const optim::TrainingLength& length() const { return length_; }
  // The first step at or after an epoch; at most total_steps().
  std::int64_t step_at(double epoch) const;

  // Pictures of an epoch, without those that remain after the last whole batch.
  std::int64_t epoch_pictures() const;

  // Of the step that comes next.
  std::int64_t step() const { return step_; }
  int epoch() const { return epoch_; }
  std::int64_t first() const { return first_; }  // its first picture's place in the epoch's order
  std::int64_t drawn() const;                    // batch(), or more to select that many from
  // What has been drawn before it.
  std::int64_t drawn_of_last_epoch() const { return drawn_of_last_epoch_; }  // of epoch() - 1, pictures
  double batches() const;
  double epochs() const { return batches() / length_.steps_per_epoch; }
  bool between_epochs() const { return first_ == 0 || finished(); }
  bool finished() const;

  void advance();
  void go_to(std::int64_t step);

 private:
  std::int64_t left() const;  // pictures until the end of training

  recipe::SelectionConfig selection_;
  std::int64_t batch_;
  optim::TrainingLength length_;
  std::int64_t total_steps_ = 0;
  std::int64_t step_ = 0;
  int epoch_ = 0;
  std::int64_t first_ = 0;
  std::int64_t drawn_of_last_epoch_ = 0;
};

}  // namespace ftl::train
