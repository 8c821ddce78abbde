#include "cli/experiment_command.hpp"

#include <fmt/core.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/file.hpp"
#include "cli/experiment_table.hpp"
#include "cli/json_output.hpp"
#include "cli/progress_line.hpp"
#include "lab/kept_checkpoints.hpp"

namespace ftl::cli {
namespace {

using Json = nlohmann::ordered_json;

class Reporter final : public lab::ExperimentObserver {
 public:
  Reporter(std::FILE* stream, bool quiet, std::size_t cells, int finished)
      : stream_(stream), quiet_(quiet), cells_(cells), finished_(finished), line_("experiment") {}

  void on_progress(double done, double) override {
    constexpr std::int64_t kWhole = 10'000;
    if (!quiet_) line_.show(std::llround(done * kWhole), kWhole, fmt::format("{}/{}", finished_, cells_));
  }
  void on_cell(const lab::ExperimentCell& cell, const std::vector<train::RunResult>& runs) override {
    ++finished_;
    if (quiet_) return;
    fmt::print(stream_, "{}/{}  {}  {}\n", finished_, cells_, cell.name, figures_text(lab::figures_of(runs)));
    std::fflush(stream_);
  }

 private:
  std::FILE* stream_;
  bool quiet_;
  std::size_t cells_;
  int finished_;
  ProgressLine line_;
};

lab::ExperimentDescription describe(const ExperimentArguments& arguments, const ExperimentPlan& plan,
                                    const data::Dataset& dataset) {
  lab::ExperimentDescription description{.kind = plan.kind,
                                         .recipe = plan.recipe,
                                         .dataset = dataset.name,
                                         .runs = arguments.runs,
                                         .seed = arguments.lab.seed,
                                         .axes = plan.axes};
  for (const lab::PlannedCell& planned : plan.cells) description.cells.push_back(planned.cell);
  return description;
}

void print_plan(std::FILE* stream, const lab::RunnerOptions& options, const ExperimentPlan& plan,
                const lab::ExperimentForecast& forecast) {
  fmt::print(stream,
             "{} of {}: {} cells, {} runs each; {} to do, {} at once, about {} ({:.3g} PFLOP), into {}\n",
             plan.kind, plan.recipe, plan.cells.size(), options.runs, forecast.open_cells, forecast.jobs,
             duration(forecast.seconds), forecast.flop / 1e15, options.folder.string());
  std::fflush(stream);
}

// NaN becomes null.
Json json_of(const lab::Sample& sample) {
  return {{"mean", sample.mean}, {"std", sample.std}, {"ci95", sample.ci95}, {"values", sample.values}};
}

std::string to_json(const FinishedExperiment& experiment) {
  Json json = Json::parse(lab::to_json(experiment.description));
  json["folder"] = experiment.folder.string();
  for (std::size_t i = 0; i < experiment.results.size(); ++i) {
    const lab::CellFigures& figures = experiment.results[i].figures;
    json["cells"][i]["accuracy"] = json_of(figures.accuracy);
    json["cells"][i]["seconds"] = json_of(figures.train_seconds);
    json["cells"][i]["failed_runs"] = figures.failed;
  }
  return json.dump(2) + "\n";
}

}  // namespace

void add_experiment_options(CLI::App& command, ExperimentArguments& arguments) {
  command.add_option("recipe", arguments.recipe, "A built-in recipe's name or a TOML file")
      ->capture_default_str();
  add_lab_options(command, arguments.lab);
  command.add_option("--runs", arguments.runs, "Runs a cell, with different seeds")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command.add_option("--jobs", arguments.jobs, "Cells at once; default: what a measurement finds fastest")
      ->check(CLI::Range(1, 1024));
}

train::Recipe load_recipe(const ExperimentArguments& arguments) {
  return train::load_recipe(arguments.recipe, arguments.lab.recipe_settings());
}

std::optional<FinishedExperiment> run_experiment(const ExperimentArguments& arguments,
                                                 const ExperimentPlan& plan) {
  std::FILE* messages = message_stream(arguments.lab.json);
  check_json_target(arguments.lab.json);
  if (arguments.jobs > arguments.lab.threads) {
    throw InputError("--jobs {}: more than the {} threads; each cell takes one or more", arguments.jobs,
                     arguments.lab.threads);
  }
  const std::filesystem::path folder = lab_folder(arguments.lab, plan.kind + "-" + plan.recipe);
  const Isa isa = select_isa();
  const data::Dataset dataset = open_dataset(arguments.lab.dataset, messages);
  const lab::ExperimentDescription description = describe(arguments, plan, dataset);
  lab::check_same_experiment(folder, description);
  lab::RunnerOptions options{.folder = folder,
                             .cells = plan.cells,
                             .dataset = dataset,
                             .isa = isa,
                             .version = FTL_VERSION,
                             .threads = arguments.lab.threads,
                             .jobs = arguments.jobs,
                             .runs = arguments.runs,
                             .seed = arguments.lab.seed};
  const lab::ExperimentForecast forecast = lab::ExperimentRunner(options).forecast();
  if (!arguments.lab.quiet || arguments.lab.dry_run) print_plan(messages, options, plan, forecast);
  if (arguments.lab.dry_run) {
    for (const lab::PlannedCell& planned : plan.cells) fmt::print(messages, "  {}\n", planned.cell.name);
    return std::nullopt;
  }
  lab::begin_experiment(folder, description);
  if (forecast.open_cells > 0) {
    const int finished = static_cast<int>(plan.cells.size()) - forecast.open_cells;
    Reporter reporter(messages, arguments.lab.quiet, plan.cells.size(), finished);
    options.observer = &reporter;
    resumable_in(folder, [&] { lab::ExperimentRunner(options).run(forecast); });
  }
  lab::keep_best_checkpoints(folder, description);
  FinishedExperiment experiment{folder, description, lab::load_results(folder, description)};
  write_text_atomically(folder / "results.csv", lab::results_csv(description, experiment.results));
  write_json(arguments.lab.json, to_json(experiment));
  return experiment;
}

}  // namespace ftl::cli
