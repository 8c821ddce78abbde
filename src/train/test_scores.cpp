#include "train/test_scores.hpp"

#include "train/stopwatch.hpp"

namespace ftl::train {

const loss::Score& TestScores::score(const engine::ModelMemory& model) {
  const Stopwatch watch;
  evaluator_.load(model);
  plain_logits_ = evaluator_.plain_logits(dataset_.test);
  plain_ = evaluator_.score(plain_logits_, dataset_.test);
  seconds_ = watch.seconds();
  return *plain_;
}

double TestScores::accuracy(const recipe::EvaluationConfig& config) {
  if (config.views == data::Views::plain) return plain_->accuracy;
  const Stopwatch watch;
  const std::vector<float> logits = evaluator_.with_views(dataset_.test, config, std::move(plain_logits_));
  const double accuracy = evaluator_.score(logits, dataset_.test).accuracy;
  seconds_ += watch.seconds();
  return accuracy;
}

}  // namespace ftl::train
