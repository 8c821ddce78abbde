#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "engine/cpu/activity.hpp"
#include "graph/whitening.hpp"
#include "train/class_balance.hpp"
#include "train/forgetting.hpp"
#include "train/trainer.hpp"

namespace ftl::train {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

Trainer::Trainer(const TrainerOptions& options)
    : options_(options),
      started_(Clock::now()),
      stages_(training_stages(options.recipe, options.dataset)),
      graph_(stages_.back().graph),
      scoring_stage_(scoring_stage(options.recipe, options.dataset, stages_.back())),
      model_(graph::initialise(graph_, options.seed)),
      clock_(options.recipe, options.dataset.train.count),
      update_(options.recipe, graph_, clock_.length()),
      average_(options.recipe.ema, clock_.step_at(options.recipe.ema.start_epoch)),
      evaluator_({graph_, options.dataset, options.kernels, options.threads}),
      loader_(options.dataset, options.seed, options.threads),
      scoring_loader_(options.dataset, options.seed, options.threads),
      loss_(static_cast<float>(options.recipe.label_smoothing)) {
  if (options.recipe.holdout != options.dataset.holdout) {
    throw std::invalid_argument("a dataset without its recipe's holdout taken out");
  }
  for (const graph::Parameter& parameter : graph_.parameters) {
    gradients_.emplace_back(static_cast<std::size_t>(parameter.elements()), 0.0f);
  }
  if (options.recipe.selection.remembers()) remembered_scores_.emplace(options.dataset.train.count);
  if (options.resume != nullptr) {
    restore(*options.resume);
  } else {
    initialise_whitening();
  }
  reserve_memory();
  prepare_executor();
  seconds_.init = options.resume != nullptr ? options.resume->init_seconds : seconds_since(started_);
}

// Once for all stages, whose executors take turns: memory that was not used before takes its time. What only
// later stages need is left to them.
void Trainer::reserve_memory() {
  const std::int64_t blocks = divide_up(clock_.batch(), std::int64_t{kBlockImages});
  const auto bytes_of = [&](const TrainingStage& stage) {
    return blocks * engine::plan_training(stage.graph, update_.trained_at(clock_.batches())).kept_bytes;
  };
  std::int64_t most = 0;
  for (const TrainingStage& stage : stages_) most = std::max(most, bytes_of(stage));
  executor_memory_ = Buffer(most);
  provide(options_.threads, executor_memory_, bytes_of(stage()));
}

void Trainer::initialise_whitening() {
  const graph::WhiteningDescription* description = graph_.whitening();
  if (description == nullptr) return;
  const data::Split& split = options_.dataset.train;
  const graph::WhiteningSource source{.images = split.count,
                                      .height = split.height,
                                      .width = split.width,
                                      .fill = [&](std::span<const std::int32_t> indices, bf16* pictures) {
                                        throw_if_interrupted();
                                        data::fill_view(options_.dataset, split, data::View{}, indices,
                                                        pictures);
                                      }};
  model_.parameters[static_cast<std::size_t>(graph_.whitening_parameter)] =
      graph::whitening_filters(*description, source);
}

void Trainer::restore(const TrainingState& state) {
  model_ = state.model;
  if (state.average) average_.restore(*state.average);
  const std::vector<std::span<float>> tensors = update_.state();
  const auto same_size = [](std::span<float> tensor, const std::vector<float>& saved) {
    return tensor.size() == saved.size();
  };
  if (!std::ranges::equal(tensors, state.optimizer, same_size) ||
      state.optimizer_steps.size() != update_.steps_taken().size()) {
    throw InputError("the training state to resume from does not fit the recipe's optimisers");
  }
  for (std::size_t i = 0; i < tensors.size(); ++i) std::ranges::copy(state.optimizer[i], tensors[i].begin());
  update_.set_steps_taken(state.optimizer_steps);
  if (remembered_scores_) {
    const std::size_t pictures = remembered_scores_->values().size();
    if (state.scores.size() != pictures || state.times_trained.size() != pictures) {
      throw InputError("the training state to resume from has scores of {} pictures; there are {}",
                       std::min(state.scores.size(), state.times_trained.size()), pictures);
    }
    remembered_scores_->restore(state.scores, state.times_trained);
  }
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
                      .model = model_,
                      .average = {},
                      .optimizer = {},
                      .optimizer_steps = update_.steps_taken(),
                      .scores = {},
                      .times_trained = {}};
  if (average_.model() != nullptr) state.average = *average_.model();
  if (remembered_scores_) {
    state.scores = remembered_scores_->values();
    state.times_trained = remembered_scores_->times();
  }
  for (const std::span<float> tensor : update_.state()) {
    state.optimizer.emplace_back(tensor.begin(), tensor.end());
  }
  return state;
}

const TrainingStage& Trainer::stage() const {
  const double epoch = clock_.epochs();
  return *std::ranges::find_if(stages_, [&](const TrainingStage& stage) { return epoch < stage.until; });
}

// A plan for the pictures' size and the parameters that learn now; once the first layers are frozen,
// gradients need not go as far back.
void Trainer::prepare_executor() {
  const TrainingStage& now = stage();
  const std::vector<bool> trained = update_.trained_at(clock_.batches());
  if (executor_ && executor_stage_ == &now && executor_->plan().trained == trained) return;
  const ActivityScope doing(options_.threads, activity(engine::Chore::planning));
  executor_.reset();
  executor_.emplace(
      now.graph, engine::plan_training(now.graph, trained), options_.kernels, options_.threads,
      engine::ExecutorOptions{.max_images = clock_.batch(), .loss = &loss_, .kept = &executor_memory_});
  executor_stage_ = &now;
}

void Trainer::save_state() {
  if (options_.save_state) options_.save_state(state());
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
    result.accuracy_plain = plain_ ? plain_->accuracy : std::nan("");
    save_state();
  }
  result.epochs = clock_.epochs();
  result.steps = clock_.step();
  result.flop = flop_;
  result.seconds = seconds_;
  result.seconds.total = seconds_since(started_);
  return result;
}

void Trainer::train(RunResult& result) {
  // The state may be of an epoch that was trained but not evaluated.
  if (epoch_.images > 0 && clock_.between_epochs()) {
    if (finished()) balance_classes();
    finish_epoch();
  }
  while (!finished()) {
    throw_if_interrupted();
    const auto step_started = Clock::now();
    const bool finite = train_step();
    seconds_.train += seconds_since(step_started);
    if (options_.observer != nullptr)
      options_.observer->on_step(clock_.step(), clock_.total_steps(), seconds_.train);
    if (!finite) {
      fail(result, "the loss", epoch_.loss);
      return;
    }
    if (finished()) balance_classes();
    if (!clock_.between_epochs()) continue;
    finish_epoch();
    save_state();
  }
}

void Trainer::fail(RunResult& result, std::string_view what, double loss) const {
  result.failed = true;
  result.failure = fmt::format(
      "{} became {} in step {} (epoch {:.2f}); try lower learning rates, e.g. --set "
      "optimizer.filters.lr={:g}",
      what, std::isnan(loss) ? "NaN" : "infinite", clock_.step(), clock_.epochs(),
      options_.recipe.optimizers.at(graph::ParameterRole::filters).optimizer.learning_rate / 2);
}

bool Trainer::train_step() {
  prepare_executor();
  const std::vector<std::int32_t> selected = select_pictures();
  executor_->load(model_);
  const engine::TrainingResult result = executor_->train(next_batch(selected), model_, gradients_);
  epoch_.loss += result.loss;
  epoch_.correct += result.correct;
  epoch_.images += clock_.batch();
  flop_ += executor_->plan().flop * static_cast<double>(clock_.batch());
  remember_scores(selected, result.gradient_norms);
  if (std::isfinite(result.loss)) update_weights();
  clock_.advance();
  return std::isfinite(result.loss);
}

// The places of those pictures that the step trains on of those that it draws; none where it trains on all of
// them.
std::vector<std::int32_t> Trainer::select_pictures() {
  const std::int64_t drawn = clock_.drawn();
  if (drawn == clock_.batch()) return {};
  return remembered_scores_ ? select_by_memory(drawn) : select_hardest(drawn);
}

std::vector<std::int32_t> Trainer::select_by_memory(std::int64_t drawn) {
  const std::span<const std::int32_t> order = loader_.at(stage(), clock_.epoch()).order();
  const ActivityScope doing(options_.threads, activity(engine::Chore::selection));
  const auto epoch = static_cast<std::uint32_t>(clock_.epoch());
  const auto first = static_cast<std::uint32_t>(clock_.first());
  std::vector<std::int32_t> places =
      remembered_scores_->draw(order.subspan(first, static_cast<std::size_t>(drawn)), clock_.batch(),
                               Random(options_.seed, RandomPurpose::selection, epoch, first));
  for (std::int32_t& place : places) place += static_cast<std::int32_t>(first);
  return places;
}

void Trainer::remember_scores(const std::vector<std::int32_t>& selected,
                              std::span<const float> gradient_norms) {
  if (!remembered_scores_) return;
  const std::span<const std::int32_t> order = loader_.at(stage(), clock_.epoch()).order();
  const ActivityScope doing(options_.threads, activity(engine::Chore::selection));
  std::vector<std::int32_t> pictures;
  for (std::int64_t i = 0; i < clock_.batch(); ++i) {
    const std::int64_t place = selected.empty() ? clock_.first() + i : selected[static_cast<std::size_t>(i)];
    pictures.push_back(order[static_cast<std::size_t>(place)]);
  }
  remembered_scores_->remember(pictures, gradient_norms);
}

std::vector<std::int32_t> Trainer::select_hardest(std::int64_t drawn) {
  const TrainingStage& scored_at = scoring_stage_ ? *scoring_stage_ : stage();
  if (hard_pictures_stage_ != &scored_at) {
    const ActivityScope doing(options_.threads, activity(engine::Chore::planning));
    hard_pictures_.reset();
    const std::int64_t wanted =
        std::llround(static_cast<double>(clock_.batch()) / options_.recipe.selection.keep);
    hard_pictures_.emplace(scored_at.graph, options_.kernels, options_.threads,
                           std::min(wanted, options_.dataset.train.count));
    hard_pictures_stage_ = &scored_at;
  }
  flop_ += hard_pictures_->flop_per_picture() * static_cast<double>(drawn);
  StageLoader& loader = scoring_stage_ ? scoring_loader_ : loader_;
  return hard_pictures_->select(model_, loader.at(scored_at, clock_.epoch()), clock_.first(), drawn,
                                clock_.batch());
}

// `selected` must outlive the batch.
engine::Batch Trainer::next_batch(const std::vector<std::int32_t>& selected) {
  const data::TrainingLoader& loader = loader_.at(stage(), clock_.epoch());
  const std::uint8_t* times = remembered_scores_ ? remembered_scores_->times().data() : nullptr;
  return {.images = clock_.batch(),
          .fill = [&loader, &selected, times, first_of_batch = clock_.first(), drawn = clock_.drawn()](
                      std::int64_t first, int images, bf16* pictures, Target* targets) {
            loader.fill({.first = first_of_batch + first,
                         .images = images,
                         .batch_first = first_of_batch,
                         .batch_images = drawn,
                         .pictures = pictures,
                         .targets = targets,
                         .places = selected.empty() ? nullptr : selected.data() + first,
                         .times_taken = times});
          }};
}

void Trainer::go_to(double epoch) {
  clock_.go_to(std::min(clock_.step_at(epoch), clock_.total_steps() - 1));
}

void Trainer::update_weights() {
  {
    const ActivityScope doing(options_.threads, activity(engine::Chore::optimizer));
    update_.apply(clock_.batches(), model_, gradients_, {options_.threads, options_.kernels.tile_product});
  }
  if (!options_.recipe.ema.enabled) return;
  const ActivityScope doing(options_.threads, activity(engine::Chore::average));
  average_.update(clock_.step(), model_);
}

// From plain views of a few training pictures, those that still teach first: what the others would say is
// known.
void Trainer::balance_classes() {
  if (graph_.balance_parameter == graph::kNone) return;
  constexpr std::int64_t kPictures = 2500;
  const auto started = Clock::now();
  graph::Model& model = average_.model() != nullptr ? *average_.model() : model_;
  std::vector<float>& biases = model.parameters[static_cast<std::size_t>(graph_.balance_parameter)];
  std::ranges::fill(biases, 0.0f);  // a run that was interrupted here comes twice
  const data::Split& split = options_.dataset.train;
  const RememberedScores scores = remembered_scores_.value_or(RememberedScores(split.count));
  const RememberedScores::Sample sample =
      scores.sample(std::min(kPictures, split.count), Random(options_.seed, RandomPurpose::balance));
  std::vector<std::int32_t> labels;
  for (const std::int32_t picture : sample.pictures) labels.push_back(split.labels[picture]);
  evaluator_.load(model);
  const std::vector<float> logits = evaluator_.plain_logits(split, sample.pictures);
  biases = balancing_biases(
      {.logits = logits, .classes = graph_.classes, .labels = labels, .weights = sample.weights});
  for (float& bias : biases) bias /= static_cast<float>(graph_.logit_scale);
  seconds_.train += seconds_since(started);
}

void Trainer::finish_epoch() {
  const auto started = Clock::now();
  const auto images = static_cast<double>(std::max<std::int64_t>(1, epoch_.images));
  EpochRecord record;
  record.run = options_.run;
  record.epoch = clock_.epochs();
  record.train_loss = epoch_.loss / images;
  record.train_accuracy = static_cast<double>(epoch_.correct) / images;
  score_plain(model_);
  record.val_loss = plain_->loss;
  record.val_accuracy = plain_->accuracy;
  if (average_.model() != nullptr) {
    score_plain(*average_.model());
    record.ema_val_accuracy = plain_->accuracy;
  }
  record.total_seconds = seconds_.train;
  std::optional<ForgettingRecord> forgotten;
  if (options_.forgetting) forgotten = forgetting();
  epoch_ = {};
  seconds_.eval += seconds_since(started);
  if (options_.observer == nullptr) return;
  options_.observer->on_epoch(record);
  if (forgotten) options_.observer->on_forgetting(*forgotten);
}

// By the model that the epoch's evaluation has just used.
ForgettingRecord Trainer::forgetting() {
  const data::Dataset& dataset = options_.dataset;
  ForgettingRecord record =
      measure_forgetting(evaluator_, dataset, pictures_by_age(clock_, dataset.train.count, options_.seed));
  record.run = options_.run;
  record.epoch = clock_.epochs();
  record.unseen = {dataset.test.count, plain_->loss, plain_->accuracy};
  return record;
}

void Trainer::evaluate(RunResult& result) {
  const auto started = Clock::now();
  if (!plain_) score_plain(model());
  if (!std::isfinite(plain_->loss)) {
    fail(result, "the loss on the test split", plain_->loss);
    return;
  }
  result.accuracy = result.accuracy_plain = plain_->accuracy;
  double final_seconds = plain_seconds_;  // perhaps in the last epoch: it is not done twice
  if (options_.recipe.evaluation.views != data::Views::plain) {
    const auto views_started = Clock::now();
    const data::Split& pictures = options_.dataset.test;
    const std::vector<float> logits =
        evaluator_.with_views(pictures, options_.recipe.evaluation, std::move(plain_logits_));
    result.accuracy = evaluator_.score(logits, pictures).accuracy;
    final_seconds += seconds_since(views_started);
  }
  seconds_.final_eval = final_seconds;
  seconds_.eval += seconds_since(started);
}

void Trainer::score_plain(const graph::Model& model) {
  const auto started = Clock::now();
  evaluator_.load(model);
  plain_logits_ = evaluator_.plain_logits(options_.dataset.test);
  plain_ = evaluator_.score(plain_logits_, options_.dataset.test);
  plain_seconds_ = seconds_since(started);
}

}  // namespace ftl::train
