// The program that trains in the stage in use.
#pragma once

#include <memory>
#include <vector>

#include "engine/engine.hpp"
#include "train/training_stage.hpp"

namespace ftl::train {

class StageProgram {
 public:
  // For batches of so many pictures. `engine` and `loss` must outlive it.
  StageProgram(engine::Engine& engine, const loss::Loss& loss, std::int64_t batch)
      : engine_(engine), loss_(loss), batch_(batch) {}

  // Takes the memory that the stage needs which needs most, once for all, whose programs take turns: memory
  // that was not used before takes its time. What only later stages than `now` need is left to them.
  void reserve(const std::vector<TrainingStage>& stages, const TrainingStage& now,
               const std::vector<bool>& trained);

  // The program for the pictures' size and the parameters that learn, until the next call: once the first
  // layers are frozen, gradients need not go as far back. `stage` must outlive it.
  engine::Program& at(const TrainingStage& stage, const std::vector<bool>& trained);
  // Of the last call.
  const engine::Program& current() const { return *program_; }

 private:
  engine::Purpose purpose(const std::vector<bool>& trained) const;

  engine::Engine& engine_;
  const loss::Loss& loss_;
  std::int64_t batch_;
  std::unique_ptr<engine::SharedMemory> memory_;
  const TrainingStage* stage_ = nullptr;
  std::vector<bool> trained_;
  std::unique_ptr<engine::Program> program_;
};

}  // namespace ftl::train
