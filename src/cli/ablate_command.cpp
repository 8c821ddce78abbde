// ftl ablate RECIPE [--cumulative]
#include <fmt/core.h>

#include <memory>

#include "cli/experiment_command.hpp"
#include "cli/experiment_table.hpp"
#include "cli/json_output.hpp"
#include "lab/ablation_plan.hpp"

namespace ftl::cli {
namespace {

struct AblateArguments {
  ExperimentArguments experiment;
  bool cumulative = false;
};

void ablate(const AblateArguments& arguments) {
  const ExperimentArguments& experiment = arguments.experiment;
  const recipe::WrittenRecipe recipe = written_recipe(experiment);
  const ExperimentPlan plan{
      .kind = arguments.cumulative ? lab::kCumulativeKind : lab::kAblationKind,
      .recipe = recipe::read(recipe).name,
      .cells = arguments.cumulative ? lab::plan_cumulative(recipe) : lab::plan_ablation(recipe)};
  const auto finished = run_experiment(experiment, plan);
  if (!finished) return;
  write_json(experiment.lab.json,
             lab::results_json(finished->folder, finished->description, finished->results));
  if (!experiment.lab.quiet) {
    fmt::print(message_stream(experiment.lab.json), "\n{}\n{:<16}{}\n",
               ablation_table(finished->results, arguments.cumulative), "experiment",
               finished->folder.string());
  }
  require_success(*finished);
}

}  // namespace

void add_ablate_command(Command program) {
  const auto arguments = std::make_shared<AblateArguments>();
  Command command =
      program.subcommand("ablate", "Leave out each of a recipe's tricks and say what it is worth");
  command.flag("--cumulative", arguments->cumulative,
               "Begin with none of the tricks and add one after the other, in the recipe's order");
  add_experiment_options(command, arguments->experiment);
  command.action([arguments] { ablate(*arguments); });
}

}  // namespace ftl::cli
