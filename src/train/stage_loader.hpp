// The training pictures of the stage in use.
#pragma once

#include <optional>

#include "base/thread_pool.hpp"
#include "data/augmentation.hpp"
#include "train/training_stage.hpp"

namespace ftl::train {

class StageLoader {
 public:
  // `dataset` and `threads` must outlive it.
  StageLoader(const data::Dataset& dataset, std::uint64_t seed, ThreadPool& threads)
      : dataset_(dataset), seed_(seed), threads_(threads) {}

  // The loader of a stage, in the order of an epoch (0, 1, ...), until the next call. Asks for the pictures
  // in the stage's size when it is another than in the last call. `stage` must outlive it.
  const data::TrainingLoader& at(const TrainingStage& stage, int epoch);

 private:
  const data::Dataset& dataset_;
  std::uint64_t seed_;
  ThreadPool& threads_;
  const TrainingStage* stage_ = nullptr;
  int epoch_ = -1;  // whose order it has
  std::optional<data::TrainingLoader> loader_;
};

}  // namespace ftl::train
