// One training run: from a recipe, a dataset and a seed to a trained model and its scores.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/thread_pool.hpp"
#include "data/augmentation.hpp"
#include "data/dataset.hpp"
#include "engine/cpu/executor.hpp"
#include "loss/softmax_cross_entropy.hpp"
#include "recipe/recipe.hpp"
#include "train/evaluator.hpp"
#include "train/hard_pictures.hpp"
#include "train/parameter_update.hpp"
#include "train/remembered_scores.hpp"
#include "train/result.hpp"
#include "train/stage_loader.hpp"
#include "train/training_clock.hpp"
#include "train/training_stage.hpp"
#include "train/training_state.hpp"

namespace ftl::train {

struct TrainerOptions {
  const recipe::Recipe& recipe;
  const data::Dataset& dataset;  // dataset_for(recipe, ...)
  const kernels::Kernels& kernels;
  ThreadPool& threads;
  std::uint64_t seed = 0;
  int run = 0;                           // for the observer's records
  TrainingObserver* observer = nullptr;  // may be null
  bool forgetting = false;               // measures it at the end of each epoch; trains to the same bits
  const TrainingState* resume =
      nullptr;  // continue from here; the result has the same bits as an unbroken run
  // Called at the end of each epoch and when interrupted, with the state to resume from; may be empty.
  std::function<void(const TrainingState&)> save_state;
};

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
  const engine::Executor& executor() const { return *executor_; }

  std::int64_t batch() const { return clock_.batch(); }  // pictures in a training step
  const graph::Graph& graph() const { return graph_; }
  // The weights that evaluation uses: the average where the recipe keeps one.
  const graph::Model& model() const { return average_.model() != nullptr ? *average_.model() : model_; }

 private:
  struct EpochSums {
    double loss = 0;
    std::int64_t correct = 0;
    std::int64_t images = 0;
  };

  void reserve_memory();
  void initialise_whitening();
  void restore(const TrainingState& state);
  TrainingState state();
  void save_state();
  const TrainingStage& stage() const;  // of the step that comes next
  void prepare_executor();
  std::vector<std::int32_t> select_pictures();
  std::vector<std::int32_t> select_hardest(std::int64_t drawn);
  std::vector<std::int32_t> select_by_memory(std::int64_t drawn);
  void remember_scores(const std::vector<std::int32_t>& selected, std::span<const float> gradient_norms);
  engine::Batch next_batch(const std::vector<std::int32_t>& selected);
  void train(RunResult& result);
  void update_weights();
  void balance_classes();
  void finish_epoch();
  void evaluate(RunResult& result);
  void score_plain(const graph::Model& model);
  ForgettingRecord forgetting();
  // Makes it the result of a run that failed because `loss`, which is `what`, is not finite.
  void fail(RunResult& result, std::string_view what, double loss) const;

  TrainerOptions options_;
  std::chrono::steady_clock::time_point started_;
  std::vector<TrainingStage> stages_;
  const graph::Graph& graph_;  // for the pictures' own size, as evaluation sees them
  std::optional<TrainingStage> scoring_stage_;
  graph::Model model_;
  TrainingClock clock_;
  ParameterUpdate update_;
  ModelAverage average_;
  Evaluator evaluator_;
  StageLoader loader_;
  StageLoader scoring_loader_;
  loss::SoftmaxCrossEntropy loss_;
  Buffer executor_memory_;  // as much as the stage needs that needs most
  const TrainingStage* executor_stage_ = nullptr;
  std::optional<engine::Executor> executor_;
  const TrainingStage* hard_pictures_stage_ = nullptr;
  std::optional<HardPictures> hard_pictures_;
  std::optional<RememberedScores> remembered_scores_;
  std::vector<std::vector<float>> gradients_;
  EpochSums epoch_;
  std::vector<float> plain_logits_;   // of model() after the last finished epoch
  std::optional<loss::Score> plain_;  // of those
  double plain_seconds_ = 0;          // that they took
  double flop_ = 0;
  Seconds seconds_;
};

}  // namespace ftl::train
