#include "train/hooks.hpp"

namespace ftl::train {
namespace {

class WeightAverage final : public Hook {
 public:
  explicit WeightAverage(const HookContext& context)
      : context_(context),
        config_(context.options.recipe.ema),
        first_step_(context.clock.step_at(config_.start_epoch)) {}

  void after_step() override {
    const ActivityScope doing(context_.options.engine.threads(), activity(engine::Chore::average));
    const std::int64_t step = context_.clock.step();
    if (step < first_step_) return;
    if (!average_) {
      hold(context_.model.read());
    } else if ((step - first_step_) % config_.every == 0) {
      average_->average_with(context_.model, config_.decay);
    }
  }

  engine::ModelMemory* evaluated_model() override { return average_.get(); }

  void save(TrainingState& state) const override {
    if (average_) state.average = average_->read();
  }
  void restore(const TrainingState& state) override {
    if (state.average) hold(*state.average);
  }

 private:
  void hold(const graph::Model& model) {
    average_ = context_.options.engine.hold(context_.own_size.graph, model);
  }

  HookContext context_;
  recipe::EmaConfig config_;
  std::int64_t first_step_;
  std::unique_ptr<engine::ModelMemory> average_;
};

}  // namespace

std::unique_ptr<Hook> weight_average(const HookContext& context) {
  return std::make_unique<WeightAverage>(context);
}

}  // namespace ftl::train
