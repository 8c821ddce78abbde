#include "train/class_balance.hpp"

#include <algorithm>

#include "train/hooks.hpp"

namespace ftl::train {
namespace {

constexpr std::int64_t kPictures = 2500;

class ClassBalance final : public Hook {
 public:
  ClassBalance(const HookContext& context, std::shared_ptr<const RememberedScores> scores)
      : context_(context), scores_(std::move(scores)) {}

  void after_training(engine::ModelMemory& evaluated) override {
    const graph::Graph& graph = context_.own_size.graph;
    const data::Split& split = context_.options.dataset.train;
    graph::Model model = evaluated.read();
    std::vector<float>& biases = model.parameters[static_cast<std::size_t>(graph.balance_parameter)];
    std::ranges::fill(biases, 0.0f);  // a run that was interrupted here comes twice
    const RememberedScores scores = scores_ ? *scores_ : RememberedScores(split.count());
    const RememberedScores::Sample sample = scores.sample(
        std::min(kPictures, split.count()), Random(context_.options.seed, RandomPurpose::balance));
    std::vector<std::int32_t> labels;
    for (const std::int32_t picture : sample.pictures) labels.push_back(split.label(picture));
    context_.evaluator.load(model);
    const std::vector<float> logits = context_.evaluator.plain_logits(split, sample.pictures);
    biases = balancing_biases(
        {.logits = logits, .classes = graph.classes, .labels = labels, .weights = sample.weights});
    for (float& bias : biases) bias /= static_cast<float>(graph.logit_scale);
    evaluated.write(model);
  }

 private:
  HookContext context_;
  std::shared_ptr<const RememberedScores> scores_;
};

}  // namespace

std::unique_ptr<Hook> class_balance(const HookContext& context,
                                    std::shared_ptr<const RememberedScores> scores) {
  return std::make_unique<ClassBalance>(context, std::move(scores));
}

}  // namespace ftl::train
