// A loss on an image block in the blocked layout (tensor/layout.hpp), and scores of the block beside it.
#pragma once

#include <array>
#include <cstdint>

#include "loss/loss.hpp"
#include "tensor/layout.hpp"

namespace ftl::loss {

struct BlockOutputs {
  int classes = 0;
  int images = 0;                   // <= 32
  std::int64_t first = 0;           // the place of the first one in the batch
  float logit_scale = 1.0f;         // the network's output is multiplied by this before the loss
  const bf16* outputs = nullptr;    // the network's: an image block of shape (classes, 1, 1)
  const Target* targets = nullptr;  // by image
};

// Scores do not depend on how the loss came about: only on the logits, and on its gradient by them.
struct BlockScores {
  int correct = 0;  // images whose largest logit, the first of equal ones, is at their label
  std::array<float, kBlockImages> gradient_norms{};  // by image, Euclidean
};

struct BlockLoss {
  double loss = 0;  // summed over the images
  BlockScores scores;
};

// Writes d loss / d outputs to `gradient`, an image block, 0 in all padding. Plain C++ on every instruction
// set: 10 or 100 logits an image are nothing beside the convolutions.
BlockLoss evaluate_block(const Loss& loss, const BlockOutputs& block, bf16* gradient);

}  // namespace ftl::loss
