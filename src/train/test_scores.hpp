// How good a run's models are on the test split.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "train/evaluator.hpp"

namespace ftl::train {

class TestScores {
 public:
  // Both must outlive it.
  TestScores(Evaluator& evaluator, const data::Dataset& dataset) : evaluator_(evaluator), dataset_(dataset) {}

  // Of a model in the plain view. The evaluator has it loaded afterwards. Throws Interruption when Ctrl-C
  // comes; then the last model's score stays.
  const loss::Score& score(const engine::ModelMemory& model);
  // Of the model scored last; nothing before the first.
  const std::optional<loss::Score>& plain() const { return plain_; }

  // The accuracy of the model scored last with the views that are named, once.
  double accuracy(const recipe::EvaluationConfig& config);
  // What scoring that model took, in seconds.
  double seconds() const { return seconds_; }

 private:
  Evaluator& evaluator_;
  const data::Dataset& dataset_;
  std::vector<float> plain_logits_;
  std::optional<loss::Score> plain_;
  double seconds_ = 0;
};

}  // namespace ftl::train
