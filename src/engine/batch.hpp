// What goes through a network at once, and what training on it found.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/bfloat16.hpp"
#include "tensor/target.hpp"

namespace ftl::engine {

// Where pictures come from: fill writes pictures [first, first + images) of the batch, at most 32 of them,
// [images][height][width][3], and in training their targets. Called from several threads.
struct Batch {
  std::int64_t images = 0;
  std::function<void(std::int64_t first, int images, bf16* pictures, Target* targets)> fill;
};

struct TrainingResult {
  double loss = 0;  // summed over the batch
  std::int64_t correct = 0;
  std::vector<float> gradient_norms{};  // by image (loss::BlockScores)
};

}  // namespace ftl::engine
