// One training run: from a recipe, a dataset and a seed to a trained model and its scores.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "loss/softmax_cross_entropy.hpp"
#include "train/evaluator.hpp"
#include "train/hook.hpp"
#include "train/parameter_update.hpp"
#include "train/stage_loader.hpp"
#include "train/stage_program.hpp"
#include "train/stopwatch.hpp"
#include "train/test_scores.hpp"
#include "train/trainer_options.hpp"
#include "train/training_clock.hpp"

namespace ftl::train {

class Trainer {
 public:
  // Builds the network and its initial weights, whitening included. Throws InputError when recipe and data do
  // not fit together.
  explicit Trainer(const TrainerOptions& options);

  // Trains and evaluates. A loss that is not finite and Ctrl-C end the run early; the result says so. After
  // Ctrl-C no evaluation is begun or finished: plain accuracy is the last epoch's, NaN where there is none.
  RunResult run();

  // A piece of run(): one training step and no evaluation. False when the loss is not finite; then the
  // weights stay as they were.
  bool train_step();
  // Makes the step at `epoch` the next one, the last one at most; the weights stay.
  void go_to(double epoch);
  bool finished() const { return clock_.finished(); }
  // Of the last training step.
  const engine::Program& program() const { return program_.current(); }

  std::int64_t batch() const { return clock_.batch(); }  // pictures in a training step
  const graph::Graph& graph() const { return graph_; }
  // The weights that evaluation uses: the average where the recipe keeps one.
  graph::Model model() const { return evaluated_model().read(); }

 private:
  struct EpochSums {
    double loss = 0;
    std::int64_t correct = 0;
    std::int64_t images = 0;
  };

  void restore(const TrainingState& state);
  TrainingState state();
  void save_state();
  const TrainingStage& stage() const;  // of the step that comes next
  engine::Program& program_of_step();
  engine::ModelMemory& evaluated_model() const;
  void train(RunResult& result);
  void finish_training();
  void finish_epoch();
  void evaluate(RunResult& result);
  // Makes it the result of a run that failed because `loss`, which is `what`, is not finite.
  void fail(RunResult& result, std::string_view what, double loss) const;

  TrainerOptions options_;
  Stopwatch since_start_;
  std::vector<TrainingStage> stages_;
  const graph::Graph& graph_;  // for the pictures' own size, as evaluation sees them
  TrainingClock clock_;
  ParameterUpdate update_;
  std::unique_ptr<engine::ModelMemory> model_;
  Evaluator evaluator_;
  TestScores test_scores_;
  StageLoader loader_;
  loss::SoftmaxCrossEntropy loss_;
  StageProgram program_;
  std::vector<std::unique_ptr<Hook>> hooks_;
  EpochSums epoch_;
  double flop_ = 0;
  Seconds seconds_;
};

}  // namespace ftl::train
