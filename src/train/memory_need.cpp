#include "train/memory_need.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace ftl::train {

std::int64_t step_memory(const std::vector<TrainingStage>& stages, const engine::Engine& engine,
                         std::int64_t batch) {
  std::int64_t most = 0;
  for (const TrainingStage& stage : stages) {
    engine::Purpose::Training training;
    for (const graph::Parameter& parameter : stage.graph.parameters)
      training.trained.push_back(!parameter.frozen);
    const engine::Cost cost = engine.cost(stage.graph, {.max_images = batch, .training = training});
    most = std::max(most, cost.shareable_bytes + cost.own_bytes);
  }
  return most;
}

void check_memory(const std::vector<TrainingStage>& stages, const engine::Engine& engine, std::int64_t batch,
                  std::int64_t available) {
  const std::int64_t needed = step_memory(stages, engine, batch);
  if (needed <= available) return;
  const auto gigabytes = [](std::int64_t bytes) { return static_cast<double>(bytes) / 1e9; };
  throw InputError(
      "train.batch is {}: a step of so many pictures of {}x{} needs {:.2f} GB of memory, and {:.2f} GB are "
      "available; take a smaller batch (--set train.batch={}) or smaller pictures",
      batch, stages.back().size.width, stages.back().size.height, gigabytes(needed), gigabytes(available),
      std::max<std::int64_t>(1, batch / 2));
}

}  // namespace ftl::train
