#include "train/stage_program.hpp"

#include <algorithm>

namespace ftl::train {

engine::Purpose StageProgram::purpose(const std::vector<bool>& trained) const {
  return {
      .max_images = batch_, .training = engine::Purpose::Training{trained, &loss_}, .memory = memory_.get()};
}

void StageProgram::reserve(const std::vector<TrainingStage>& stages, const TrainingStage& now,
                           const std::vector<bool>& trained) {
  const auto bytes_of = [&](const TrainingStage& stage) {
    return engine_.cost(stage.graph, purpose(trained)).shareable_bytes;
  };
  std::int64_t most = 0;
  for (const TrainingStage& stage : stages) most = std::max(most, bytes_of(stage));
  memory_ = engine_.reserve(most, bytes_of(now));
}

engine::Program& StageProgram::at(const TrainingStage& stage, const std::vector<bool>& trained) {
  if (program_ && stage_ == &stage && trained_ == trained) return *program_;
  const ActivityScope doing(engine_.threads(), activity(engine::Chore::planning));
  program_.reset();
  program_ = engine_.compile(stage.graph, purpose(trained));
  stage_ = &stage;
  trained_ = trained;
  return *program_;
}

}  // namespace ftl::train
