#include "train/hooks.hpp"

namespace ftl::train {

std::vector<std::unique_ptr<Hook>> make_hooks(const HookContext& context) {
  const recipe::Recipe& recipe = context.options.recipe;
  std::vector<std::unique_ptr<Hook>> hooks;
  std::shared_ptr<RememberedScores> scores;
  if (recipe.selection.remembers()) {
    scores = std::make_shared<RememberedScores>(context.options.dataset.train.count());
    hooks.push_back(remembered_selection(context, scores));
  } else if (recipe.selection.keep < 1) {
    hooks.push_back(fresh_selection(context));
  }
  if (recipe.ema.enabled) hooks.push_back(weight_average(context));
  if (context.own_size.graph.balance_parameter != graph::kNone)
    hooks.push_back(class_balance(context, scores));
  if (context.options.forgetting) hooks.push_back(forgetting(context));
  return hooks;
}

}  // namespace ftl::train
