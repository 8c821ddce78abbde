// What memory a training takes, known before it starts.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/engine.hpp"
#include "machine/limits.hpp"
#include "train/training_stage.hpp"

namespace ftl::train {

// Bytes that steps of `batch` pictures take in the stage that takes most, beside the pictures and the
// weights.
std::int64_t step_memory(const std::vector<TrainingStage>& stages, const engine::Engine& engine,
                         std::int64_t batch);

// Throws InputError, saying how much a step needs and what to change, where fewer bytes are available.
void check_memory(const std::vector<TrainingStage>& stages, const engine::Engine& engine, std::int64_t batch,
                  std::int64_t available = available_memory());

}  // namespace ftl::train
