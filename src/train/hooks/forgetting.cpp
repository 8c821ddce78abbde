#include "train/forgetting.hpp"

#include "train/hooks.hpp"

namespace ftl::train {
namespace {

class Forgetting final : public Hook {
 public:
  explicit Forgetting(const HookContext& context) : context_(context) {}

  void after_epoch(EpochReport& report) override {
    const TrainerOptions& options = context_.options;
    ForgettingRecord record =
        measure_forgetting(context_.evaluator, options.dataset,
                           pictures_by_age(context_.clock, options.dataset.train.count(), options.seed));
    record.run = report.record.run;
    record.epoch = report.record.epoch;
    record.unseen = {options.dataset.test.count(), report.test.loss, report.test.accuracy};
    report.more.emplace_back([record](TrainingObserver& observer) { observer.on_forgetting(record); });
  }

 private:
  HookContext context_;
};

}  // namespace

std::unique_ptr<Hook> forgetting(const HookContext& context) {
  return std::make_unique<Forgetting>(context);
}

}  // namespace ftl::train
