#include "lab/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/json_file.hpp"
#include "lab/sample_json.hpp"

namespace ftl::lab {
namespace {

using train::EpochRecord;
using train::RunResult;
using train::Seconds;

// The runs that the figures are of.
std::vector<TimedRun> representative(std::span<const RunResult> results,
                                     std::span<const EpochRecord> epochs) {
  std::vector<TimedRun> complete, interrupted;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const RunResult& result = results[i];
    if (result.failed) continue;
    const int run = static_cast<int>(i);
    const auto first = std::ranges::lower_bound(epochs, run, {}, &EpochRecord::run);
    const auto last = std::ranges::upper_bound(epochs, run, {}, &EpochRecord::run);
    (result.interrupted ? interrupted : complete).push_back({result, {first, last}});
  }
  return complete.empty() ? interrupted : complete;
}

template <class Figure>
Sample sample_of(const std::vector<TimedRun>& runs, Figure figure) {
  std::vector<double> values;
  for (const TimedRun& run : runs) values.push_back(std::invoke(figure, run.result));
  return describe(values);
}

Sample seconds_by_protocol(const RunSettings& settings, const std::vector<TimedRun>& runs) {
  std::vector<double> values;
  for (const TimedRun& run : runs) {
    values.push_back(protocol_seconds(settings.protocol, run, settings.target_accuracy));
  }
  return describe(values);
}

Seconds mean_seconds(const std::vector<TimedRun>& runs) {
  const auto mean = [&](double Seconds::*part) {
    return sample_of(runs, [=](const RunResult& result) { return result.seconds.*part; }).mean;
  };
  return {mean(&Seconds::load), mean(&Seconds::init),  mean(&Seconds::train),
          mean(&Seconds::eval), mean(&Seconds::total), mean(&Seconds::final_eval)};
}

Json json_of(const Seconds& seconds) {
  return {{"load", seconds.load},
          {"init", seconds.init},
          {"train", seconds.train},
          {"eval", seconds.eval},
          {"final_eval", seconds.final_eval},
          {"total", seconds.total}};
}

Json json_of(const std::vector<Failure>& failures) {
  Json list = Json::array();
  for (const Failure& failure : failures)
    list.push_back({{"seed", failure.seed}, {"reason", failure.reason}});
  return list;
}

std::string evaluated_on(const RunSettings& settings) {
  if (settings.folds > 0) return fmt::format("each of {} folds of the training pictures", settings.folds);
  return settings.holdout > 0 ? "held-out training pictures" : "test split";
}

}  // namespace

double Summary::target_p_value() const {
  return settings.target_accuracy ? p_value_mean_above(accuracy, *settings.target_accuracy) : std::nan("");
}

bool Summary::misses_target() const {
  return settings.target_accuracy && !(accuracy.mean >= *settings.target_accuracy);
}

RunSettings settings_of(const recipe::Recipe& recipe, const data::Dataset& dataset, const Machine& machine,
                        int runs) {
  RunSettings settings;
  settings.recipe = recipe.name;
  settings.dataset = dataset.name;
  settings.classes = dataset.classes();
  settings.train_images = dataset.train.count();
  settings.test_images = dataset.test.count();
  settings.holdout = dataset.holdout;
  settings.batch = static_cast<int>(std::min<std::int64_t>(recipe.batch, dataset.train.count()));
  settings.isa = name(machine.isa);
  settings.threads = machine.threads.threads();
  settings.version = machine.version;
  settings.peak_tflops = machine.peak_tflops;
  settings.runs = runs;
  return settings;
}

Summary summarize(const RunSettings& settings, std::span<const RunResult> results,
                  std::span<const EpochRecord> epochs) {
  Summary summary;
  summary.settings = settings;
  summary.runs = static_cast<int>(results.size());
  summary.interrupted = summary.runs < settings.runs;
  for (const RunResult& result : results) {
    summary.seeds.push_back(result.seed);
    if (result.failed) summary.failures.push_back({result.seed, result.failure});
    summary.interrupted = summary.interrupted || result.interrupted;
  }
  const std::vector<TimedRun> counted = representative(results, epochs);
  summary.accuracy = sample_of(counted, &RunResult::accuracy);
  summary.accuracy_plain = sample_of(counted, &RunResult::accuracy_plain);
  summary.protocol_seconds = seconds_by_protocol(settings, counted);
  summary.seconds = mean_seconds(counted);
  summary.epochs = sample_of(counted, &RunResult::epochs).mean;
  summary.flop_per_run = sample_of(counted, &RunResult::flop).mean;
  summary.tflops = summary.flop_per_run / summary.seconds.train / 1e12;
  return summary;
}

std::string to_json(const Summary& summary) {
  const RunSettings& settings = summary.settings;
  Json json = {{"recipe", settings.recipe},
               {"dataset", settings.dataset},
               {"classes", settings.classes},
               {"train_images", settings.train_images},
               {"test_images", settings.test_images},
               {"evaluated_on", evaluated_on(settings)},
               {"batch", settings.batch},
               {"epochs", summary.epochs},
               {"runs", summary.runs},
               {"seeds", summary.seeds},
               {"failed_runs", summary.failures.size()},
               {"failures", json_of(summary.failures)},
               {"interrupted", summary.interrupted},
               {"accuracy", json_of(summary.accuracy)},
               {"accuracy_plain", json_of(summary.accuracy_plain)},
               {"protocol", name(settings.protocol)},
               {"protocol_seconds", json_of(summary.protocol_seconds)},
               {"seconds", json_of(summary.seconds)},
               {"flop_per_run", summary.flop_per_run},
               {"tflops", summary.tflops},
               {"peak_tflops", settings.peak_tflops},
               {"fraction_of_peak", summary.fraction_of_peak()},
               {"peak_memory_bytes",
                settings.peak_memory_bytes > 0 ? Json(settings.peak_memory_bytes) : Json(nullptr)},
               {"isa", settings.isa},
               {"threads", settings.threads},
               {"device", "cpu"},
               {"version", settings.version}};
  if (settings.target_accuracy) {
    json["target"] = {{"accuracy", *settings.target_accuracy}, {"p_value", summary.target_p_value()}};
  }
  return json_text(json);
}

}  // namespace ftl::lab
