#include "lab/step_profiler.hpp"

#include <chrono>

#include "base/error.hpp"
#include "base/index.hpp"
#include "base/interrupt.hpp"

namespace ftl::lab {
namespace {

// Notes what a step's items are, and the products that they executed.
void add_step(const train::Trainer& trainer, Recording& recording) {
  for (const engine::WorkSegment& segment : trainer.program().segments()) {
    for (const engine::WorkItem& item : segment.items) {
      recording.items[item.activity] = {item.kind, item.name, item.node};
      recording.flop[item.activity] += item.flop * static_cast<double>(trainer.batch());
    }
  }
}

}  // namespace

Median StepProfile::recording_cost() const {
  std::vector<double> costs;
  for (std::size_t i = 0; i < plain_seconds.size(); ++i) {
    costs.push_back(recorded_seconds[i] / plain_seconds[i] - 1);
  }
  return median(costs);
}

StepProfiler::StepProfiler(const ProfilerOptions& options)
    : options_(options),
      trainer_({.recipe = options.recipe,
                .dataset = options.dataset,
                .engine = options.engine,
                .seed = options.seed,
                .save_state = {}}) {
  trainer_.go_to(options.epoch);
  result_.batch = trainer_.batch();
  for (const graph::Node& node : trainer_.graph().nodes) result_.recording.layers.push_back(node.name);
}

StepProfile StepProfiler::run() {
  take_step();
  ActivityRecorder warm_up(options_.engine.threads().threads(), 0);
  take_step(&warm_up);
  // Half as much again: which thread takes how much is left to chance.
  const std::size_t spans = warm_up.spans(0).size() * 3 / 2 * at(options_.steps);
  ActivityRecorder recorder(options_.engine.threads().threads(), spans);
  for (int pair = 0; pair < options_.steps; ++pair) {
    const bool plain_first = pair % 2 == 0;
    if (plain_first) result_.plain_seconds.push_back(take_step());
    record_step(recorder);
    if (!plain_first) result_.plain_seconds.push_back(take_step());
  }
  for (int thread = 0; thread < recorder.threads(); ++thread) {
    result_.recording.lines.push_back(recorder.spans(thread));
  }
  return std::move(result_);
}

double StepProfiler::take_step(ActivityRecorder* recorder) {
  throw_if_interrupted();
  if (trainer_.finished()) trainer_.go_to(options_.epoch);
  const auto started = std::chrono::steady_clock::now();
  const bool finite = train_step(recorder);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - started;
  if (!finite) throw RunError("the loss is not finite after {} steps; try lower learning rates", done_);
  ++done_;
  if (options_.progress) options_.progress(done_, 2 * (options_.steps + 1));
  return taken.count();
}

bool StepProfiler::train_step(ActivityRecorder* recorder) {
  if (recorder == nullptr) return trainer_.train_step();
  const RecordingScope recording(options_.engine.threads(), *recorder);
  return trainer_.train_step();
}

void StepProfiler::record_step(ActivityRecorder& recorder) {
  const double seconds = take_step(&recorder);
  Recording& recording = result_.recording;
  result_.recorded_seconds.push_back(seconds);
  recording.wall_seconds += seconds;
  ++recording.steps;
  add_step(trainer_, recording);
}

}  // namespace ftl::lab
