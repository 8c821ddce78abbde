// Runs a network over a split of pictures, under one view or several.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "data/augmentation.hpp"
#include "data/dataset.hpp"
#include "engine/engine.hpp"
#include "loss/score.hpp"
#include "recipe/recipe.hpp"

namespace ftl::train {

struct EvaluatorContext {
  const graph::Graph& graph;
  const data::Dataset& dataset;
  engine::Engine& engine;
};

// What takes pictures throws Interruption when Ctrl-C comes.
class Evaluator {
 public:
  explicit Evaluator(const EvaluatorContext& context);

  // Takes over the weights and running statistics that the following calls use.
  void load(const engine::ModelMemory& model);
  void load(const graph::Model& model);

  // Logits of a split's pictures, or of those that `pictures` names: [pictures][classes].
  std::vector<float> plain_logits(const data::Split& split);
  std::vector<float> plain_logits(const data::Split& split, std::span<const std::int32_t> pictures);

  // The views' weighted mean of logits, of which `plain` are those of the picture as it is. With
  // `views_fraction` below 1 only that share of the pictures, those with the smallest gap between their two
  // largest plain logits, gets the views.
  std::vector<float> with_views(const data::Split& split, const recipe::EvaluationConfig& config,
                                std::vector<float> plain);

  std::vector<float> logits(const data::Split& split, const recipe::EvaluationConfig& config) {
    return with_views(split, config, plain_logits(split));
  }

  // How well logits fit the split's labels.
  loss::Score score(std::span<const float> logits, const data::Split& split) const;

 private:
  void run(const data::Split& split, const data::View& view, std::span<const std::int32_t> pictures,
           std::span<float> logits);

  EvaluatorContext context_;
  std::unique_ptr<engine::Program> program_;
};

}  // namespace ftl::train
