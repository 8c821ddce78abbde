#include "train/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "base/interrupt.hpp"
#include "train/hooks.hpp"
#include "train/initial_model.hpp"
#include "train/memory_need.hpp"

namespace ftl::train {

Trainer::Trainer(const TrainerOptions& options)
    : options_(options),
      stages_(training_stages(options.recipe, options.dataset)),
      graph_(stages_.back().graph),
      clock_(options.recipe, options.dataset.train.count()),
      update_(options.recipe, graph_, clock_.length(), options.engine),
      model_(options.engine.hold(graph_, options.resume != nullptr
                                             ? options.resume->model
                                             : initial_model(graph_, options.dataset, options.seed))),
      evaluator_({graph_, options.dataset, options.engine}),
      test_scores_(evaluator_, options.dataset),
      loader_(options.dataset, options.seed, options.engine.threads()),
      loss_(static_cast<float>(options.recipe.label_smoothing)),
      program_(options.engine, loss_, clock_.batch()),
      hooks_(make_hooks({options_, stages_.back(), clock_, *model_, evaluator_})) {
  if (options.recipe.holdout != options.dataset.holdout) {
    throw std::invalid_argument("a dataset without its recipe's holdout taken out");
  }
  check_memory(stages_, options.engine, clock_.batch());
  if (options.resume != nullptr) restore(*options.resume);
  program_.reserve(stages_, stage(), update_.trained_at(clock_.batches()));
  program_of_step();
  seconds_.init = options.resume != nullptr ? options.resume->init_seconds : since_start_.seconds();
}

void Trainer::restore(const TrainingState& state) {
  update_.restore(state.optimizer);
  for (const auto& hook : hooks_) hook->restore(state);
  clock_.go_to(state.step);
  epoch_ = {state.epoch_loss, state.epoch_correct, state.epoch_images};
  flop_ = state.flop;
  seconds_.train = state.train_seconds;
}

TrainingState Trainer::state() {
  TrainingState state{.seed = options_.seed,
                      .step = clock_.step(),
                      .init_seconds = seconds_.init,
                      .train_seconds = seconds_.train,
                      .epoch_loss = epoch_.loss,
                      .epoch_correct = epoch_.correct,
                      .epoch_images = epoch_.images,
                      .flop = flop_,
                      .model = model_->read(),
                      .average = {},
                      .optimizer = update_.state(),
                      .scores = {},
                      .times_trained = {}};
  for (const auto& hook : hooks_) hook->save(state);
  return state;
}

void Trainer::save_state() {
  if (options_.save_state) options_.save_state(state());
}

const TrainingStage& Trainer::stage() const {
  const double epoch = clock_.epochs();
  return *std::ranges::find_if(stages_, [&](const TrainingStage& stage) { return epoch < stage.until; });
}

engine::Program& Trainer::program_of_step() {
  return program_.at(stage(), update_.trained_at(clock_.batches()));
}

engine::ModelMemory& Trainer::evaluated_model() const {
  for (const auto& hook : hooks_) {
    if (engine::ModelMemory* model = hook->evaluated_model()) return *model;
  }
  return *model_;
}

RunResult Trainer::run() {
  RunResult result;
  result.seed = options_.seed;
  try {
    train(result);
    if (!result.failed) evaluate(result);
  } catch (const Interruption&) {
    result.interrupted = true;
    result.accuracy = std::nan("");
    result.accuracy_plain = test_scores_.plain() ? test_scores_.plain()->accuracy : std::nan("");
    save_state();
  }
  result.epochs = clock_.epochs();
  result.steps = clock_.step();
  result.flop = flop_;
  result.seconds = seconds_;
  result.seconds.total = since_start_.seconds();
  return result;
}

void Trainer::train(RunResult& result) {
  // The state may be of an epoch that was trained but not evaluated.
  if (epoch_.images > 0 && clock_.between_epochs()) {
    if (finished()) finish_training();
    finish_epoch();
  }
  while (!finished()) {
    throw_if_interrupted();
    const Stopwatch watch;
    const bool finite = train_step();
    seconds_.train += watch.seconds();
    if (options_.observer != nullptr)
      options_.observer->on_step(clock_.step(), clock_.total_steps(), seconds_.train);
    if (!finite) return fail(result, "the loss", epoch_.loss);
    if (finished()) finish_training();
    if (!clock_.between_epochs()) continue;
    finish_epoch();
    save_state();
  }
}

bool Trainer::train_step() {
  engine::Program& program = program_of_step();
  Step step{.stage = stage(), .loader = loader_.at(stage(), clock_.epoch())};
  for (const auto& hook : hooks_) hook->before_step(step);
  program.load(*model_);
  step.result = program.train(batch_of(step, clock_), *model_);
  epoch_.loss += step.result.loss;
  epoch_.correct += step.result.correct;
  epoch_.images += clock_.batch();
  flop_ += step.flop;
  flop_ += program.cost().flop * static_cast<double>(clock_.batch());
  for (const auto& hook : hooks_) hook->after_backward(step);
  const bool finite = std::isfinite(step.result.loss);
  if (finite) {
    {
      const ActivityScope doing(options_.engine.threads(), activity(engine::Chore::optimizer));
      update_.apply(clock_.batches(), *model_);
    }
    for (const auto& hook : hooks_) hook->after_step();
  }
  clock_.advance();
  return finite;
}

void Trainer::go_to(double epoch) {
  clock_.go_to(std::min(clock_.step_at(epoch), clock_.total_steps() - 1));
}

void Trainer::finish_training() {
  const Stopwatch watch;
  for (const auto& hook : hooks_) hook->after_training(evaluated_model());
  seconds_.train += watch.seconds();
}

void Trainer::finish_epoch() {
  const Stopwatch watch;
  const auto images = static_cast<double>(std::max<std::int64_t>(1, epoch_.images));
  EpochReport report;
  EpochRecord& record = report.record;
  record.run = options_.run;
  record.epoch = clock_.epochs();
  record.train_loss = epoch_.loss / images;
  record.train_accuracy = static_cast<double>(epoch_.correct) / images;
  report.test = test_scores_.score(*model_);
  record.val_loss = report.test.loss;
  record.val_accuracy = report.test.accuracy;
  if (&evaluated_model() != model_.get()) {
    report.test = test_scores_.score(evaluated_model());
    record.ema_val_accuracy = report.test.accuracy;
  }
  record.total_seconds = seconds_.train;
  for (const auto& hook : hooks_) hook->after_epoch(report);
  epoch_ = {};
  seconds_.eval += watch.seconds();
  if (options_.observer == nullptr) return;
  options_.observer->on_epoch(record);
  for (const auto& tell : report.more) tell(*options_.observer);
}

void Trainer::evaluate(RunResult& result) {
  const Stopwatch watch;
  if (!test_scores_.plain()) test_scores_.score(evaluated_model());
  const loss::Score plain = *test_scores_.plain();
  if (!std::isfinite(plain.loss)) return fail(result, "the loss on the test split", plain.loss);
  result.accuracy_plain = plain.accuracy;
  result.accuracy = test_scores_.accuracy(options_.recipe.evaluation);
  seconds_.final_eval = test_scores_.seconds();  // perhaps in the last epoch: it is not done twice
  seconds_.eval += watch.seconds();
}

void Trainer::fail(RunResult& result, std::string_view what, double loss) const {
  result.failed = true;
  result.failure = fmt::format(
      "{} became {} in step {} (epoch {:.2f}); try lower learning rates, e.g. --set "
      "optimizer.filters.lr={:g}",
      what, std::isnan(loss) ? "NaN" : "infinite", clock_.step(), clock_.epochs(),
      options_.recipe.optimizers.at(graph::ParameterRole::filters).optimizer.learning_rate / 2);
}

}  // namespace ftl::train
