#include "train/hard_pictures.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/index.hpp"
#include "loss/softmax.hpp"

namespace ftl::train {
namespace {

double cross_entropy(std::span<const float> logits, const Target& target) {
  const double normaliser = loss::log_sum_exp(logits);
  const auto of = [&](int c) { return normaliser - logits[at(c)]; };
  const double loss = target.label_weight * of(target.label) + (1 - target.label_weight) * of(target.other);
  // Training on what is not finite shows it; leaving it out would not.
  return std::isnan(loss) ? std::numeric_limits<double>::infinity() : loss;
}

// Rising indices of the largest values; of equal ones the first.
std::vector<std::int32_t> largest(const std::vector<double>& values, std::int64_t count) {
  std::vector<std::int32_t> indices(values.size());
  std::iota(indices.begin(), indices.end(), 0);
  const auto harder = [&](std::int32_t a, std::int32_t b) {
    const double of_a = values[static_cast<std::size_t>(a)];
    const double of_b = values[static_cast<std::size_t>(b)];
    return of_a != of_b ? of_a > of_b : a < b;
  };
  std::nth_element(indices.begin(), indices.begin() + count, indices.end(), harder);
  indices.resize(static_cast<std::size_t>(count));
  std::sort(indices.begin(), indices.end());
  return indices;
}

}  // namespace

HardPictures::HardPictures(const graph::Graph& graph, engine::Engine& engine, std::int64_t most_drawn)
    : classes_(graph.classes), program_(engine.compile(graph, {.max_images = most_drawn})) {}

std::vector<std::int32_t> HardPictures::select(const engine::ModelMemory& model,
                                               const data::TrainingLoader& loader, std::int64_t first,
                                               std::int64_t drawn, std::int64_t count) {
  const auto classes = static_cast<std::size_t>(classes_);
  std::vector<Target> targets(static_cast<std::size_t>(drawn));
  std::vector<float> logits(targets.size() * classes);
  const engine::Batch batch{.images = drawn,
                            .fill = [&](std::int64_t from, int images, bf16* pictures, Target*) {
                              loader.fill({.first = first + from,
                                           .images = images,
                                           .batch_first = first,
                                           .batch_images = drawn,
                                           .pictures = pictures,
                                           .targets = targets.data() + from});
                            }};
  program_->load(model);
  program_->infer(batch, logits);
  std::vector<double> losses;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    losses.push_back(cross_entropy(std::span(logits).subspan(i * classes, classes), targets[i]));
  }
  std::vector<std::int32_t> places = largest(losses, count);
  for (std::int32_t& place : places) place += static_cast<std::int32_t>(first);
  return places;
}

}  // namespace ftl::train
