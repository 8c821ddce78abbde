#include "train/evaluator.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/interrupt.hpp"

namespace ftl::train {
namespace {

// Pictures in flight at once: enough blocks for many threads.
constexpr std::int64_t kPicturesAtATime = 8192;

// The gap between the two largest logits of a picture: small where the network hesitates.
float confidence(const float* logits, int classes) {
  float best = -INFINITY;
  float second = -INFINITY;
  for (int c = 0; c < classes; ++c) {
    if (logits[c] > best) {
      second = best;
      best = logits[c];
    } else {
      second = std::max(second, logits[c]);
    }
  }
  return best - second;
}

std::vector<std::int32_t> least_confident(std::span<const float> logits, int classes, double fraction) {
  std::vector<float> confidences;
  for (std::size_t first = 0; first < logits.size(); first += static_cast<std::size_t>(classes)) {
    confidences.push_back(confidence(&logits[first], classes));
  }
  const std::size_t count = confidences.size();
  std::vector<std::int32_t> pictures(count);
  std::iota(pictures.begin(), pictures.end(), 0);
  std::stable_sort(pictures.begin(), pictures.end(), [&](std::int32_t a, std::int32_t b) {
    return confidences[static_cast<std::size_t>(a)] < confidences[static_cast<std::size_t>(b)];
  });
  pictures.resize(static_cast<std::size_t>(std::ceil(fraction * static_cast<double>(count))));
  return pictures;
}

std::vector<std::int32_t> all_pictures(const data::Split& split) {
  std::vector<std::int32_t> pictures(static_cast<std::size_t>(split.count()));
  std::iota(pictures.begin(), pictures.end(), 0);
  return pictures;
}

std::vector<float> rows_of(std::span<const float> logits, std::size_t classes,
                           std::span<const std::int32_t> pictures) {
  std::vector<float> rows;
  for (const std::int32_t picture : pictures) {
    const auto row = logits.subspan(static_cast<std::size_t>(picture) * classes, classes);
    rows.insert(rows.end(), row.begin(), row.end());
  }
  return rows;
}

}  // namespace

Evaluator::Evaluator(const EvaluatorContext& context)
    : context_(context), program_(context.engine.compile(context.graph, {.max_images = kPicturesAtATime})) {}

void Evaluator::load(const engine::ModelMemory& model) {
  program_->load(model);
}

void Evaluator::load(const graph::Model& model) {
  load(*context_.engine.hold(context_.graph, model));
}

std::vector<float> Evaluator::plain_logits(const data::Split& split) {
  return plain_logits(split, all_pictures(split));
}

std::vector<float> Evaluator::plain_logits(const data::Split& split, std::span<const std::int32_t> pictures) {
  std::vector<float> logits(pictures.size() * static_cast<std::size_t>(context_.graph.classes));
  run(split, data::View{}, pictures, logits);
  return logits;
}

std::vector<float> Evaluator::with_views(const data::Split& split, const recipe::EvaluationConfig& config,
                                         std::vector<float> plain) {
  if (config.views == data::Views::plain) return plain;
  const auto classes = static_cast<std::size_t>(context_.graph.classes);
  const std::vector<std::int32_t> pictures =
      config.views_fraction < 1.0 ? least_confident(plain, context_.graph.classes, config.views_fraction)
                                  : all_pictures(split);
  std::vector<float> mean(pictures.size() * classes, 0.0f);
  std::vector<float> of_view(mean.size());
  for (const data::View& view : data::views(config.views)) {
    if (view.is_plain()) {
      of_view = rows_of(plain, classes, pictures);
    } else {
      run(split, view, pictures, of_view);
    }
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += view.weight * of_view[i];
  }
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    std::copy_n(&mean[i * classes], classes, &plain[static_cast<std::size_t>(pictures[i]) * classes]);
  }
  return plain;
}

loss::Score Evaluator::score(std::span<const float> logits, const data::Split& split) const {
  return loss::score(logits, context_.graph.classes, split.labels());
}

void Evaluator::run(const data::Split& split, const data::View& view, std::span<const std::int32_t> pictures,
                    std::span<float> logits) {
  const auto classes = static_cast<std::size_t>(context_.graph.classes);
  for (std::size_t first = 0; first < pictures.size(); first += kPicturesAtATime) {
    const std::span<const std::int32_t> part =
        pictures.subspan(first, std::min<std::size_t>(kPicturesAtATime, pictures.size() - first));
    const engine::Batch batch{.images = static_cast<std::int64_t>(part.size()),
                              .fill = [&](std::int64_t from, int images, bf16* out, Target*) {
                                throw_if_interrupted();
                                const auto indices = part.subspan(static_cast<std::size_t>(from),
                                                                  static_cast<std::size_t>(images));
                                data::fill_view(context_.dataset, split, view, indices, out);
                              }};
    program_->infer(batch, logits.subspan(first * classes, part.size() * classes));
  }
}

}  // namespace ftl::train
