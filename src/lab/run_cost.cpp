#include "lab/run_cost.hpp"

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cmath>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/make_engine.hpp"
#include "train/trainer.hpp"

namespace ftl::lab {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kMeasuredSeconds = 0.3;
constexpr double kWorthwhile = 1.03;  // less gain is not told from chance by so short a measurement

// Of a picture, with all parameters that can learn.
double training_flop(const engine::Engine& engine, const graph::Graph& graph) {
  engine::Purpose::Training training;
  for (const graph::Parameter& parameter : graph.parameters) training.trained.push_back(!parameter.frozen);
  return engine.cost(graph, {.training = training}).flop;
}

// FLOP/s of one trainer; it waits for the others after its first step, which also lays out memory.
double rate_of_one(const RateOptions& options, int threads, std::barrier<>& others) {
  ThreadPool pool(threads);
  const auto engine = engine::make_engine(engine::kCpu, options.kernels, pool);
  train::Trainer trainer(
      {.recipe = options.recipe, .dataset = options.dataset, .engine = *engine, .save_state = {}});
  trainer.train_step();
  others.arrive_and_wait();
  const auto started = Clock::now();
  double flop = 0;
  double seconds = 0;
  do {
    if (trainer.finished()) trainer.go_to(0);
    trainer.train_step();
    flop += trainer.program().cost().flop * static_cast<double>(trainer.batch());
    seconds = std::chrono::duration<double>(Clock::now() - started).count();
  } while (seconds < kMeasuredSeconds);
  return flop / seconds;
}

}  // namespace

double expected_flop(const recipe::Recipe& recipe, const data::Dataset& dataset) {
  const train::TrainingClock clock(recipe, dataset.train.count());
  const std::vector<train::TrainingStage> stages = train::training_stages(recipe, dataset);
  // What a program executes does not depend on the instruction set.
  ThreadPool alone(1);
  const auto engine = engine::make_engine(engine::kCpu, kernels::kernels_for(Isa::generic), alone);
  double flop = 0;
  std::int64_t first = 0;
  for (const train::TrainingStage& stage : stages) {
    const std::int64_t last = stage.until < recipe.epochs ? clock.step_at(stage.until) : clock.total_steps();
    const double per_picture = training_flop(*engine, stage.graph);
    flop += per_picture * static_cast<double>((last - first) * clock.batch());
    first = last;
  }
  const std::size_t views = data::views(recipe.evaluation.views).size();
  const double more_views = recipe.evaluation.views_fraction * static_cast<double>(views - 1);
  const double evaluations = std::ceil(recipe.epochs) + 1 + more_views;
  return flop +
         evaluations * engine->cost(stages.back().graph, {}).flop * static_cast<double>(dataset.test.count());
}

double measure_rate(const RateOptions& options, int jobs) {
  std::barrier others(jobs);
  std::mutex mutex;
  double rate = 0;
  std::exception_ptr failure;
  const auto measure = [&] {
    try {
      const double own = rate_of_one(options, std::max(1, options.threads / jobs), others);
      const std::lock_guard lock(mutex);
      rate += own;
    } catch (...) {
      others.arrive_and_drop();
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> workers;
    for (int job = 0; job < jobs; ++job) workers.emplace_back(measure);
  }
  if (failure) std::rethrow_exception(failure);
  return rate;
}

JobChoice fastest_jobs(const RateOptions& options, int most) {
  JobChoice best{.jobs = 1, .rate = measure_rate(options, 1)};
  for (int jobs = 2; jobs <= std::min(most, options.threads); jobs *= 2) {
    const double rate = measure_rate(options, jobs);
    if (rate < kWorthwhile * best.rate) break;
    best = {jobs, rate};
  }
  return best;
}

}  // namespace ftl::lab
