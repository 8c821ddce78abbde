// Softmax cross-entropy with label smoothing (Szegedy et al. 2016) and mixed labels (CutMix), summed over
// images.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "tensor/layout.hpp"

namespace ftl::kernels {

// An image's label; a mixed one is label_weight of `label` and the rest of `other`.
struct Target {
  std::int32_t label = 0;
  std::int32_t other = 0;
  float label_weight = 1.0f;
};

struct LossArguments {
  int classes = 0;
  int images = 0;                // <= 32
  float logit_scale = 1.0f;      // the network's output is multiplied by this before the softmax
  float label_smoothing = 0.0f;  // in [0, 1]: this share of the target is spread evenly over all classes
  const Target* targets = nullptr;
};

struct LossResult {
  double loss = 0;  // summed over the images, with smoothing, in natural-log units
  int correct = 0;  // images whose largest logit is at their label (the first of equal ones)
  // By image: the Euclidean norm of the loss's gradient by the scaled logits, probabilities less target.
  std::array<float, kBlockImages> gradient_norms{};
};

// Plain C++ on every ISA: 10 or 100 logits an image are nothing beside the convolutions.
// logits: an image block of shape (classes, 1, 1). dlogits, when not null, receives d loss / d network
// output, 0 in all padding.
LossResult softmax_cross_entropy(const LossArguments& arguments, const bf16* logits, bf16* dlogits);

// The scalar reference over plain [images][classes].
template <class Real>
Real softmax_cross_entropy_reference(const LossArguments& arguments, std::span<const Real> logits,
                                     std::span<Real> dlogits);

}  // namespace ftl::kernels
