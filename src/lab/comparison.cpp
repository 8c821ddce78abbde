#include "lab/comparison.hpp"

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/file.hpp"
#include "lab/experiment_folder.hpp"
#include "lab/run_series.hpp"
#include "lab/sequential_test.hpp"

namespace ftl::lab {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using train::RunResult;

struct Pairs {
  std::vector<double> first_accuracies, second_accuracies, first_seconds, second_seconds;
};

Pairs pair_by_seed(const std::vector<RunResult>& first, const std::vector<RunResult>& second) {
  std::map<std::uint64_t, const RunResult*> by_seed;
  for (const RunResult& run : second) {
    if (!run.failed) by_seed[run.seed] = &run;
  }
  Pairs pairs;
  for (const RunResult& run : first) {
    const auto other = by_seed.find(run.seed);
    if (run.failed || other == by_seed.end()) continue;
    pairs.first_accuracies.push_back(run.accuracy);
    pairs.second_accuracies.push_back(other->second->accuracy);
    pairs.first_seconds.push_back(run.seconds.train);
    pairs.second_seconds.push_back(other->second->seconds.train);
  }
  return pairs;
}

ContestantFigures describe(const Contestant& contestant) {
  const CellFigures figures = figures_of(contestant.runs);
  return {contestant.label, figures.accuracy, figures.train_seconds, figures.failed};
}

Json json_of(const Sample& sample) {
  return {{"mean", sample.mean}, {"std", sample.std}, {"ci95", sample.ci95}, {"values", sample.values}};
}

Json json_of(const ContestantFigures& figures) {
  return {{"label", figures.label},
          {"accuracy", json_of(figures.accuracy)},
          {"train_seconds", json_of(figures.train_seconds)},
          {"failed_runs", figures.failed}};
}

Json json_of(const Difference& difference) {
  return {{"mean", difference.mean},
          {"low", difference.low()},
          {"high", difference.high()},
          {"p_value", difference.p_value}};
}

ExperimentCell cell_of(const ContestantPlan& plan, std::size_t index) {
  ExperimentCell cell{.name = plan.label, .folder = cell_folder(index), .baseline = index == 0};
  cell.settings["recipe"] = plan.recipe.name;
  for (const std::string& setting : plan.settings) {
    const std::size_t equals = setting.find('=');
    cell.settings[setting.substr(0, equals)] = setting.substr(equals + 1);
  }
  return cell;
}

// The experiment's file says how many runs there are, which a comparison knows only at its end: begun with
// the most that there can be.
void begin(const fs::path& folder, const ExperimentDescription& description) {
  if (holds_experiment(folder)) {
    ExperimentDescription held = load_experiment(folder);
    held.runs = description.runs;
    if (to_json(held) == to_json(description)) return;
  }
  begin_experiment(folder, description);
}

Contestant contestant_of(const ContestantPlan& plan, const RunSeries& series) {
  return {plan.label, series.results()};
}

}  // namespace

Comparison compare(const Contestant& first, const Contestant& second,
                   const std::optional<StoppingRule>& rule) {
  const Pairs pairs = pair_by_seed(first.runs, second.runs);
  Comparison result{.first = describe(first),
                    .second = describe(second),
                    .pairs = static_cast<int>(pairs.first_accuracies.size()),
                    .accuracy = paired_difference(pairs.first_accuracies, pairs.second_accuracies),
                    .accuracy_welch = {},
                    .train_seconds = paired_difference(pairs.first_seconds, pairs.second_seconds),
                    .rule = rule};
  result.accuracy_welch = welch_difference(result.first.accuracy.values, result.second.accuracy.values);
  const double effect = result.accuracy.t / std::sqrt(result.pairs);  // mean over standard deviation
  result.pairs_to_decide =
      rule ? pairs_to_stop(effect, rule->p_value) : pairs_to_decide(effect, result.decision);
  result.always_valid_p_value = always_valid_p_value(pairs.first_accuracies, pairs.second_accuracies);
  return result;
}

std::string to_json(const Comparison& comparison) {
  Json json{{"first", json_of(comparison.first)},
            {"second", json_of(comparison.second)},
            {"pairs", comparison.pairs},
            {"accuracy_difference", json_of(comparison.accuracy)},
            {"welch_p_value", comparison.accuracy_welch.p_value},
            {"train_seconds_difference", json_of(comparison.train_seconds)},
            {"pairs_to_decide",
             comparison.pairs_to_decide < kUndecidable ? Json(comparison.pairs_to_decide) : Json(nullptr)},
            {"always_valid_p_value", comparison.always_valid_p_value}};
  if (comparison.rule) {
    json["stopping_rule"] = {{"name", kSequentialTestName},
                             {"p_value", comparison.rule->p_value},
                             {"max_pairs", comparison.rule->max_pairs},
                             {"decided", comparison.decided_by_rule()}};
  }
  return json.dump(2) + "\n";
}

Contestant load_contestant(const fs::path& folder) {
  if (!is_finished(folder)) {
    throw InputError("{}: is no finished run directory (it has no summary.json)", folder.string());
  }
  const Json summary = Json::parse(read_text(folder / "summary.json"), nullptr, false);
  if (!summary.is_object() || !summary.value("runs", Json()).is_number_integer()) {
    throw InputError("{}: is not the summary of runs", (folder / "summary.json").string());
  }
  return {folder.string(), *load_cell(folder, summary["runs"].get<int>())};
}

Comparison run_comparison(const ComparisonOptions& options) {
  const int most = options.rule ? options.rule->max_pairs : options.pairs;
  ExperimentDescription description{.kind = "compare",
                                    .recipe = options.first.recipe.name,
                                    .dataset = options.first.dataset.name,
                                    .runs = most,
                                    .seed = options.seed,
                                    .cells = {cell_of(options.first, 0), cell_of(options.second, 1)}};
  train::check_fits(options.first.recipe, options.first.dataset);
  train::check_fits(options.second.recipe, options.second.dataset);
  begin(options.folder, description);
  const auto series_of = [&](const ContestantPlan& plan, std::size_t index) {
    return RunSeries({.recipe = plan.recipe,
                      .dataset = plan.dataset,
                      .machine = options.machine,
                      .folder = options.folder / cell_folder(index),
                      .seed = options.seed,
                      .runs = most,
                      .observer = options.observer});
  };
  RunSeries first = series_of(options.first, 0);
  RunSeries second = series_of(options.second, 1);
  Comparison result;
  for (int pairs = 1; pairs <= most && !result.decided_by_rule(); ++pairs) {
    first.run(pairs);
    second.run(pairs);
    result =
        compare(contestant_of(options.first, first), contestant_of(options.second, second), options.rule);
  }
  // Before the runs are called finished: then there are as many as it says.
  description.runs = static_cast<int>(first.results().size());
  write_text_atomically(options.folder / "experiment.json", to_json(description));
  first.finish();
  second.finish();
  return result;
}

}  // namespace ftl::lab
