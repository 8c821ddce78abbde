// ftl sweep RECIPE --grid KEY=SPEC...
#include <fmt/core.h>

#include <memory>

#include "cli/experiment_command.hpp"
#include "cli/experiment_table.hpp"
#include "cli/json_output.hpp"
#include "lab/sweep.hpp"

namespace ftl::cli {
namespace {

struct SweepArguments {
  ExperimentArguments experiment;
  std::vector<std::string> grids;
  int random = 0;
  std::string couple;
};

void sweep(const SweepArguments& arguments) {
  const ExperimentArguments& experiment = arguments.experiment;
  const recipe::WrittenRecipe recipe = written_recipe(experiment);
  lab::Sweep planned = lab::plan_sweep({.recipe = recipe,
                                        .grids = arguments.grids,
                                        .random = arguments.random,
                                        .seed = experiment.lab.seed,
                                        .couple_rate_to_batch = !arguments.couple.empty()});
  const ExperimentPlan plan{.kind = "sweep",
                            .recipe = recipe::read(recipe).name,
                            .axes = std::move(planned.axes),
                            .cells = std::move(planned.cells)};
  const auto finished = run_experiment(experiment, plan);
  if (!finished) return;
  write_json(experiment.lab.json,
             lab::results_json(finished->folder, finished->description, finished->results));
  if (!experiment.lab.quiet) {
    fmt::print(message_stream(experiment.lab.json), "\n{}{}\n{:<16}{}\n", cell_table(finished->results),
               heat_maps(finished->description, finished->results), "experiment", finished->folder.string());
  }
  require_success(*finished);
}

}  // namespace

void add_sweep_command(Command program) {
  const auto arguments = std::make_shared<SweepArguments>();
  Command command = program.subcommand("sweep", "Train a recipe with each of many settings");
  command
      .option("--grid", arguments->grids,
              "KEY=a,b,c or KEY=LOW..HIGH:linear:N or KEY=LOW..HIGH:log:N; repeat for every combination. "
              "KEY: a recipe's key, or batch, epochs, width, momentum (of all optimizers), lr (of the "
              "filters; the other learning rates in proportion)")
      .one_value_each();
  command
      .option("--random", arguments->random,
              "Draw N cells instead; ranges then need no number of values: KEY=LOW..HIGH:log")
      .range(1, 1'000'000);
  command
      .option("--couple", arguments->couple, "lr=batch: learning rates grow in proportion to the batch size")
      .one_of({"lr=batch"});
  add_experiment_options(command, arguments->experiment);
  command.action([arguments] { sweep(*arguments); });
}

}  // namespace ftl::cli
