// Selective backprop: of the pictures that a step draws, train on those with the largest loss (Jiang et al.
// 2019, "Accelerating deep learning by focusing on the biggest losers"; here the hardest ones are taken, as
// airbench96's filter does, rather than drawn by their loss).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "data/augmentation.hpp"
#include "engine/engine.hpp"

namespace ftl::train {

// Scores with the network itself: its weights as they are, batch norms by their running statistics, so that
// one picture's score does not depend on the others.
class HardPictures {
 public:
  // For at most `most_drawn` pictures at once. `graph` and `engine` must outlive it.
  HardPictures(const graph::Graph& graph, engine::Engine& engine, std::int64_t most_drawn);

  // The places in the epoch's order of the `count` hardest among [first, first + drawn), rising. Augmented as
  // `loader` does it; loss without label smoothing; of equal losses the earlier one counts as harder.
  std::vector<std::int32_t> select(const engine::ModelMemory& model, const data::TrainingLoader& loader,
                                   std::int64_t first, std::int64_t drawn, std::int64_t count);

  double flop_per_picture() const { return program_->cost().flop; }

 private:
  int classes_;
  std::unique_ptr<engine::Program> program_;
};

}  // namespace ftl::train
