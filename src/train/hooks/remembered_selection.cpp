#include <algorithm>

#include "base/error.hpp"
#include "train/hooks.hpp"

namespace ftl::train {
namespace {

class RememberedSelection final : public Hook {
 public:
  RememberedSelection(const HookContext& context, std::shared_ptr<RememberedScores> scores)
      : context_(context), scores_(std::move(scores)) {}

  void before_step(Step& step) override {
    step.times_taken = scores_->times().data();
    const std::int64_t drawn = context_.clock.drawn();
    if (drawn == context_.clock.batch()) return;
    const ActivityScope doing(threads(), activity(engine::Chore::selection));
    const auto epoch = static_cast<std::uint32_t>(context_.clock.epoch());
    const auto first = static_cast<std::uint32_t>(context_.clock.first());
    step.places = scores_->draw(step.loader.order().subspan(first, static_cast<std::size_t>(drawn)),
                                context_.clock.batch(),
                                Random(context_.options.seed, RandomPurpose::selection, epoch, first));
    for (std::int32_t& place : step.places) place += static_cast<std::int32_t>(first);
  }

  void after_backward(const Step& step) override {
    const std::span<const std::int32_t> order = step.loader.order();
    const ActivityScope doing(threads(), activity(engine::Chore::selection));
    std::vector<std::int32_t> pictures;
    for (std::int64_t i = 0; i < context_.clock.batch(); ++i) {
      const std::int64_t place =
          step.places.empty() ? context_.clock.first() + i : step.places[static_cast<std::size_t>(i)];
      pictures.push_back(order[static_cast<std::size_t>(place)]);
    }
    scores_->remember(pictures, step.result.gradient_norms);
  }

  void save(TrainingState& state) const override {
    state.scores = scores_->values();
    state.times_trained = scores_->times();
  }

  void restore(const TrainingState& state) override {
    const std::size_t pictures = scores_->values().size();
    if (state.scores.size() != pictures || state.times_trained.size() != pictures) {
      throw InputError("the training state to resume from has scores of {} pictures; there are {}",
                       std::min(state.scores.size(), state.times_trained.size()), pictures);
    }
    scores_->restore(state.scores, state.times_trained);
  }

 private:
  const ThreadPool& threads() const { return context_.options.engine.threads(); }

  HookContext context_;
  std::shared_ptr<RememberedScores> scores_;
};

}  // namespace

std::unique_ptr<Hook> remembered_selection(const HookContext& context,
                                           std::shared_ptr<RememberedScores> scores) {
  return std::make_unique<RememberedSelection>(context, std::move(scores));
}

}  // namespace ftl::train
