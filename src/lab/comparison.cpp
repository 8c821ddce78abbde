#include "lab/comparison.hpp"

#include <cmath>
#include <map>
#include <utility>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json_file.hpp"
#include "lab/experiment_folder.hpp"
#include "lab/run_series.hpp"
#include "lab/sample_json.hpp"
#include "lab/sequential_test.hpp"
#include "run/run_files.hpp"

namespace ftl::lab {
namespace {

namespace fs = std::filesystem;
using train::RunResult;

struct Pairs {
  std::vector<double> first_accuracies, second_accuracies, first_seconds, second_seconds;
};

// By seed, and which of the runs with that seed it is: cross-validation has one for each fold.
std::map<std::pair<std::uint64_t, int>, const RunResult*> by_seed(const std::vector<RunResult>& runs) {
  std::map<std::uint64_t, int> of_seed;
  std::map<std::pair<std::uint64_t, int>, const RunResult*> found;
  for (const RunResult& run : runs) {
    const int fold = of_seed[run.seed]++;
    if (!run.failed) found[{run.seed, fold}] = &run;
  }
  return found;
}

Pairs pair_by_seed(const std::vector<RunResult>& first, const std::vector<RunResult>& second) {
  const auto others = by_seed(second);
  Pairs pairs;
  for (const auto& [seed, run] : by_seed(first)) {
    const auto other = others.find(seed);
    if (other == others.end()) continue;
    pairs.first_accuracies.push_back(run->accuracy);
    pairs.second_accuracies.push_back(other->second->accuracy);
    pairs.first_seconds.push_back(run->seconds.train);
    pairs.second_seconds.push_back(other->second->seconds.train);
  }
  return pairs;
}

ContestantFigures describe(const Contestant& contestant) {
  const CellFigures figures = figures_of(contestant.runs);
  return {contestant.label, figures.accuracy, figures.train_seconds, figures.failed};
}

Json json_of(const ContestantFigures& figures) {
  return {{"label", figures.label},
          {"accuracy", json_of(figures.accuracy)},
          {"train_seconds", json_of(figures.train_seconds)},
          {"failed_runs", figures.failed}};
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
  return {.label = plan.label, .runs = series.results()};
}

int most_pairs(const ComparisonOptions& options) {
  return options.rule ? options.rule->max_pairs : options.pairs;
}

}  // namespace

Comparison compare(const Contestant& first, const Contestant& second,
                   const std::optional<StoppingRule>& rule) {
  if (first.judge != second.judge) {
    throw InputError("{} and {} cannot be compared: their accuracies are of {} and of {}", first.label,
                     second.label, first.judge, second.judge);
  }
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
  return json_text(json);
}

Contestant load_contestant(const fs::path& folder) {
  const fs::path file = folder / run::kSummaryFile;
  if (!file_exists(file)) {
    throw InputError("{}: is no finished run directory (it has no {})", folder.string(), run::kSummaryFile);
  }
  const Json summary = read_json(file);
  const JsonMembers members(summary, file.string());
  const int runs = members.get<int>("runs");
  const auto results = load_cell(folder, runs);
  if (!results) {
    throw InputError("{}: lacks the result of one of its {} runs", folder.string(), runs);
  }
  const fs::path environment = folder / run::kEnvironmentFile;
  const Json environment_json = read_json(environment);
  const auto digest = JsonMembers(environment_json, environment.string()).get<std::string>("dataset");
  return {.label = folder.string(),
          .runs = *results,
          .judge = fmt::format("{} pictures of {} ({}, digest {:.8})", members.get<int>("test_images"),
                               members.get<std::string>("dataset"), members.get<std::string>("evaluated_on"),
                               digest)};
}

int finished_runs(const ComparisonOptions& options) {
  return finished_runs(options.folder / cell_folder(0), most_pairs(options)) +
         finished_runs(options.folder / cell_folder(1), most_pairs(options));
}

Comparison run_comparison(const ComparisonOptions& options) {
  const int most = most_pairs(options);
  ExperimentDescription description{.kind = kCompareKind,
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
    if (options.on_pair) options.on_pair({pairs, first.results().back(), second.results().back(), result});
  }
  // Before the runs are called finished: then there are as many as it says.
  description.runs = static_cast<int>(first.results().size());
  save_experiment(options.folder, description);
  first.finish();
  second.finish();
  return result;
}

}  // namespace ftl::lab
