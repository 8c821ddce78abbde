#include "train/training_clock.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ftl::train {

TrainingClock::TrainingClock(const recipe::Recipe& recipe, std::int64_t pictures)
    : selection_(recipe.selection), batch_(std::min<std::int64_t>(recipe.batch, pictures)) {
  const std::int64_t whole_batches = pictures / batch_;
  length_.steps_per_epoch = static_cast<double>(whole_batches);
  length_.total_steps = std::max<std::int64_t>(1, std::llround(recipe.epochs * length_.steps_per_epoch));
  total_steps_ = step_at(std::numeric_limits<double>::infinity());
}

std::int64_t TrainingClock::epoch_pictures() const {
  return static_cast<std::int64_t>(length_.steps_per_epoch) * batch_;
}

std::int64_t TrainingClock::left() const {
  return length_.total_steps * batch_ - epoch_ * epoch_pictures() - first_;
}

double TrainingClock::batches() const {
  return epoch_ * length_.steps_per_epoch + static_cast<double>(first_) / static_cast<double>(batch_);
}

bool TrainingClock::finished() const {
  return left() < batch_;
}

std::int64_t TrainingClock::drawn() const {
  if (!selection_.selects_at(epochs())) return batch_;
  const std::int64_t wanted = std::llround(static_cast<double>(batch_) / selection_.keep);
  return std::min({wanted, epoch_pictures() - first_, left()});
}

void TrainingClock::advance() {
  first_ += drawn();
  ++step_;
  if (epoch_pictures() - first_ >= batch_) return;
  drawn_of_last_epoch_ = first_;
  first_ = 0;
  ++epoch_;
}

void TrainingClock::go_to(std::int64_t step) {
  step_ = first_ = drawn_of_last_epoch_ = 0;
  epoch_ = 0;
  while (step_ < step) advance();
}

std::int64_t TrainingClock::step_at(double epoch) const {
  TrainingClock clock = *this;
  clock.go_to(0);
  while (!clock.finished() && clock.epochs() < epoch) clock.advance();
  return clock.step();
}

}  // namespace ftl::train
