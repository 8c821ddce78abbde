#include <algorithm>
#include <cmath>
#include <optional>

#include "train/hard_pictures.hpp"
#include "train/hooks.hpp"
#include "train/stage_loader.hpp"

namespace ftl::train {
namespace {

class FreshSelection final : public Hook {
 public:
  explicit FreshSelection(const HookContext& context)
      : context_(context),
        small_(scoring_stage(context.options.recipe, context.options.dataset, context.own_size)),
        small_loader_(context.options.dataset, context.options.seed, context.options.engine.threads()) {}

  void before_step(Step& step) override {
    const std::int64_t drawn = context_.clock.drawn();
    if (drawn == context_.clock.batch()) return;
    const TrainingStage& scored_at = small_ ? *small_ : step.stage;
    prepare(scored_at);
    const data::TrainingLoader& loader =
        small_ ? small_loader_.at(scored_at, context_.clock.epoch()) : step.loader;
    step.flop += hard_pictures_->flop_per_picture() * static_cast<double>(drawn);
    step.places =
        hard_pictures_->select(context_.model, loader, context_.clock.first(), drawn, context_.clock.batch());
  }

 private:
  void prepare(const TrainingStage& scored_at) {
    if (prepared_ == &scored_at) return;
    engine::Engine& engine = context_.options.engine;
    const ActivityScope doing(engine.threads(), activity(engine::Chore::planning));
    hard_pictures_.reset();
    const std::int64_t wanted =
        std::llround(static_cast<double>(context_.clock.batch()) / context_.options.recipe.selection.keep);
    hard_pictures_.emplace(scored_at.graph, engine, std::min(wanted, context_.options.dataset.train.count()));
    prepared_ = &scored_at;
  }

  HookContext context_;
  std::optional<TrainingStage> small_;  // select.size
  StageLoader small_loader_;
  const TrainingStage* prepared_ = nullptr;
  std::optional<HardPictures> hard_pictures_;
};

}  // namespace

std::unique_ptr<Hook> fresh_selection(const HookContext& context) {
  return std::make_unique<FreshSelection>(context);
}

}  // namespace ftl::train
