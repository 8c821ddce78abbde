// A training step in the making.
#pragma once

#include <cstdint>
#include <vector>

#include "data/augmentation.hpp"
#include "engine/engine.hpp"
#include "train/training_clock.hpp"
#include "train/training_stage.hpp"

namespace ftl::train {

struct Step {
  const TrainingStage& stage;
  const data::TrainingLoader& loader;  // of the stage's pictures, in the order of the epoch
  // Places in that order of the pictures to train on, rising; empty: all that the clock draws.
  std::vector<std::int32_t> places{};
  const std::uint8_t* times_taken = nullptr;  // data::TrainingLoader::Request::times_taken
  double flop = 0;                            // done for the step beside training itself
  engine::TrainingResult result{};            // after the backward pass
};

// What the step trains on. It must outlive the batch.
engine::Batch batch_of(const Step& step, const TrainingClock& clock);

}  // namespace ftl::train
