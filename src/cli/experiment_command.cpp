#include "cli/experiment_command.hpp"

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json_file.hpp"
#include "cli/experiment_table.hpp"
#include "cli/json_output.hpp"
#include "cli/progress_line.hpp"
#include "lab/kept_checkpoints.hpp"

namespace ftl::cli {
namespace {

class Reporter final : public lab::ExperimentObserver {
 public:
  Reporter(std::FILE* stream, bool quiet, std::size_t cells, int finished)
      : stream_(stream), quiet_(quiet), cells_(cells), finished_(finished), line_("experiment") {}

  void on_progress(double done) override {
    if (!quiet_) line_.show(done, fmt::format("{}/{}", finished_, cells_));
  }
  void on_cell(const lab::ExperimentCell& cell, const std::vector<train::RunResult>& runs) override {
    ++finished_;
    if (quiet_) return;
    line_.erase();
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

std::string plan_json(const std::filesystem::path& folder, const lab::ExperimentDescription& description,
                      const lab::ExperimentForecast& forecast) {
  auto json = Json::parse(lab::to_json(description));
  json["folder"] = folder.string();
  json["expected"] = {{"open_cells", forecast.open_cells},
                      {"jobs", forecast.jobs},
                      {"flop", forecast.flop},
                      {"seconds", forecast.seconds}};
  return json_text(json);
}

}  // namespace

void add_experiment_options(Command command, ExperimentArguments& arguments) {
  command.option("recipe", arguments.recipe, "A built-in recipe's name or a TOML file").show_default();
  add_lab_options(command, arguments.lab);
  command.option("--runs", arguments.runs, "Runs a cell, with different seeds")
      .range(1, 1'000'000)
      .show_default();
  command.option("--jobs", arguments.jobs, "Cells at once; default: what a measurement finds fastest")
      .range(1, 1024);
}

recipe::WrittenRecipe written_recipe(const ExperimentArguments& arguments) {
  return recipe::written_recipe(arguments.recipe, arguments.lab.recipe_settings());
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
    write_json(arguments.lab.json, plan_json(folder, description, forecast));
    return std::nullopt;
  }
  lab::begin_experiment(folder, description);
  if (forecast.open_cells > 0) {
    const int finished = static_cast<int>(plan.cells.size()) - forecast.open_cells;
    Reporter reporter(messages, arguments.lab.quiet, plan.cells.size(), finished);
    options.observer = &reporter;
    resumable_in(folder, [&] { lab::ExperimentRunner(options).run(forecast); });
  }
  lab::save_experiment(folder, description);
  lab::keep_best_checkpoints(folder, description);
  FinishedExperiment experiment{folder, description, lab::load_results(folder, description)};
  write_text_atomically(folder / "results.csv", lab::results_csv(description, experiment.results));
  return experiment;
}

void require_success(const FinishedExperiment& experiment) {
  if (lab::best_cell(experiment.results) != nullptr) return;
  const train::RunResult& first = experiment.results.front().runs.front();
  throw RunError("no run succeeded; seed {}: {}", first.seed, first.failure);
}

}  // namespace ftl::cli
