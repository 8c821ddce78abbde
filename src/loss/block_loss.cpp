#include "loss/block_loss.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/index.hpp"

namespace ftl::loss {
namespace {

// [images][classes] in double.
std::vector<double> scaled_logits(const BlockOutputs& block) {
  const Shape shape{block.classes, 1, 1};
  const double scale = block.logit_scale;
  std::vector<double> logits;
  logits.reserve(at(block.images * block.classes));
  for (int image = 0; image < block.images; ++image) {
    for (int c = 0; c < block.classes; ++c)
      logits.push_back(scale * to_float(block.outputs[blocked_index(shape, image, c, 0, 0)]));
  }
  return logits;
}

BlockScores scores_of(const Outputs& outputs, std::span<const double> gradient) {
  const std::size_t classes = at(outputs.classes);
  BlockScores scores;
  for (std::size_t image = 0; image < outputs.targets.size(); ++image) {
    const std::span<const double> logits = outputs.logits.subspan(image * classes, classes);
    const auto best = std::ranges::max_element(logits) - logits.begin();
    if (best == outputs.targets[image].label) ++scores.correct;
    double squares = 0;
    for (const double value : gradient.subspan(image * classes, classes)) squares += value * value;
    scores.gradient_norms[image] = static_cast<float>(std::sqrt(squares));
  }
  return scores;
}

}  // namespace

BlockLoss evaluate_block(const Loss& loss, const BlockOutputs& block, bf16* gradient) {
  const std::vector<double> logits = scaled_logits(block);
  const Outputs outputs{.first = block.first,
                        .classes = block.classes,
                        .logits = logits,
                        .targets = {block.targets, at(block.images)}};
  std::vector<double> by_logits(logits.size());
  BlockLoss result{.loss = loss.evaluate(outputs, by_logits), .scores = {}};
  result.scores = scores_of(outputs, by_logits);
  const Shape shape{block.classes, 1, 1};
  const double scale = block.logit_scale;
  std::fill_n(gradient, shape.block_elements(), bf16{0});
  for (int image = 0; image < block.images; ++image) {
    for (int c = 0; c < block.classes; ++c) {
      const double value = by_logits[at(image * block.classes + c)];
      gradient[blocked_index(shape, image, c, 0, 0)] = to_bf16(static_cast<float>(scale * value));
    }
  }
  return result;
}

}  // namespace ftl::loss
