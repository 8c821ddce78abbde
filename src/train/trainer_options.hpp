// What a training run is made of.
#pragma once

#include <cstdint>
#include <functional>

#include "data/dataset.hpp"
#include "engine/engine.hpp"
#include "recipe/recipe.hpp"
#include "train/result.hpp"
#include "train/training_state.hpp"

namespace ftl::train {

struct TrainerOptions {
  const recipe::Recipe& recipe;
  const data::Dataset& dataset;  // dataset_for(recipe, ...)
  engine::Engine& engine;
  std::uint64_t seed = 0;
  int run = 0;                           // for the observer's records
  TrainingObserver* observer = nullptr;  // may be null
  bool forgetting = false;               // measures it at the end of each epoch; trains to the same bits
  // Continue from here; the result has the same bits as an unbroken run.
  const TrainingState* resume = nullptr;
  // Called at the end of each epoch and when interrupted, with the state to resume from; may be empty.
  std::function<void(const TrainingState&)> save_state;
};

}  // namespace ftl::train
