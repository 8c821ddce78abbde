#include "loss/score.hpp"

#include <algorithm>

#include "base/index.hpp"
#include "loss/softmax.hpp"

namespace ftl::loss {

PictureScore score_picture(std::span<const float> logits, std::int32_t label) {
  const auto best = std::ranges::max_element(logits);
  return {.loss = log_sum_exp(logits) - logits[at(label)], .correct = best - logits.begin() == label};
}

Score score(std::span<const float> logits, int classes, std::span<const std::int32_t> labels) {
  Score result;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const PictureScore picture = score_picture(logits.subspan(i * at(classes), at(classes)), labels[i]);
    result.loss += picture.loss;
    if (picture.correct) result.accuracy += 1;
  }
  const auto count = static_cast<double>(std::max<std::size_t>(1, labels.size()));
  return {result.accuracy / count, result.loss / count};
}

std::vector<double> probabilities(std::span<const float> logits) {
  std::vector<double> result(logits.size());
  softmax(logits, std::span(result));
  return result;
}

}  // namespace ftl::loss
