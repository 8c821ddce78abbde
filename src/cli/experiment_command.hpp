// What the commands that run an experiment have in common: their options, the plan, progress, the folder.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/lab_arguments.hpp"
#include "lab/experiment_results.hpp"
#include "lab/experiment_runner.hpp"

namespace ftl::cli {

struct ExperimentArguments {
  LabArguments lab;
  std::string recipe = kDefaultRecipe;
  int runs = 3;
  int jobs = 0;
};

void add_experiment_options(Command command, ExperimentArguments& arguments);

// The recipe that the options name, with their settings.
recipe::WrittenRecipe written_recipe(const ExperimentArguments& arguments);

struct ExperimentPlan {
  std::string kind;
  std::string recipe;  // its name
  std::vector<lab::ExperimentAxis> axes{};
  std::vector<lab::PlannedCell> cells{};
};

struct FinishedExperiment {
  std::filesystem::path folder;
  lab::ExperimentDescription description;
  std::vector<lab::CellResult> results;
};

// Runs the cells that are not finished in the folder, reads all results back and writes results.csv. Nothing
// after --dry-run, which prints the plan and its expected duration.
std::optional<FinishedExperiment> run_experiment(const ExperimentArguments& arguments,
                                                 const ExperimentPlan& plan);

// Throws RunError when every run of it failed.
void require_success(const FinishedExperiment& experiment);

}  // namespace ftl::cli
