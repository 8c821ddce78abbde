// ftl budget [RECIPE] --seconds S
#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/json_output.hpp"
#include "cli/lab_arguments.hpp"
#include "lab/budget.hpp"
#include "lab/run_series.hpp"
#include "train/training_stage.hpp"

namespace ftl::cli {
namespace {

using Json = nlohmann::ordered_json;

struct BudgetArguments {
  LabArguments lab;
  std::string recipe = kDefaultRecipe;
  double seconds = 0;
  std::string study;
  int runs = 1;
};

std::string expectation(const lab::BudgetCandidate& candidate) {
  std::string text = fmt::format("width {:g}, {:g} epochs, {:.1f} s", candidate.width, candidate.epochs,
                                 candidate.epoch_seconds * candidate.epochs);
  if (candidate.accuracy) text += fmt::format(", {:.2f} %", 100 * *candidate.accuracy);
  return text;
}

void print_choice(const lab::BudgetChoice& choice, const BudgetArguments& arguments, std::FILE* messages) {
  for (const lab::BudgetCandidate& candidate : choice.candidates) {
    fmt::print(messages, "possible  {}\n", expectation(candidate));
  }
  fmt::print(messages, "chosen    {} ({})\n", expectation(choice.best()),
             arguments.study.empty() ? "the widest that fits the recipe's own epochs, else the narrowest"
                                     : "the best by the laws of " + arguments.study);
  std::fflush(messages);
}

Json json_of(const lab::BudgetChoice& choice, double seconds) {
  const lab::BudgetCandidate& best = choice.best();
  return {{"seconds", seconds},
          {"width", best.width},
          {"epochs", best.epochs},
          {"expected",
           {{"train_seconds", choice.expected_seconds()},
            {"accuracy", best.accuracy ? Json(*best.accuracy) : Json(nullptr)}}}};
}

lab::Summary train(const lab::BudgetChoice& choice, const BudgetArguments& arguments, LabSession& session,
                   const std::filesystem::path& folder) {
  LabProgress progress("training", std::vector<double>(static_cast<std::size_t>(arguments.runs), 1.0),
                       arguments.lab.quiet);
  const train::Recipe recipe = train::load_recipe(arguments.recipe, choice.settings);
  lab::RunSeries series({.recipe = recipe,
                         .dataset = train::dataset_for(recipe, session.dataset),
                         .machine = session.machine,
                         .folder = folder,
                         .seed = arguments.lab.seed,
                         .runs = arguments.runs,
                         .observer = &progress});
  series.run(arguments.runs);
  return series.finish();
}

void budget(const BudgetArguments& arguments) {
  const train::Recipe recipe = train::load_recipe(arguments.recipe, arguments.lab.recipe_settings());
  std::vector<lab::ScalePoint> study;
  if (!arguments.study.empty()) study = lab::load_scaling_study(arguments.study, recipe.name);
  LabSession session(arguments.lab);
  const lab::BudgetChoice choice = lab::choose_for_budget({.recipe = arguments.recipe,
                                                           .settings = arguments.lab.recipe_settings(),
                                                           .dataset = session.dataset,
                                                           .machine = session.machine,
                                                           .seconds = arguments.seconds,
                                                           .study = study});
  if (!arguments.lab.quiet) print_choice(choice, arguments, session.messages);
  Json json = json_of(choice, arguments.seconds);
  if (!arguments.lab.dry_run) {
    const std::filesystem::path folder = lab_folder(arguments.lab, "budget");
    if (!arguments.lab.quiet) {
      fmt::print(session.messages, "runs in   {}\n", folder.string());
      std::fflush(session.messages);
    }
    const lab::Summary summary =
        resumable_in(folder, [&] { return train(choice, arguments, session, folder); });
    json["actual"] = {{"train_seconds", summary.seconds.train}, {"accuracy", summary.accuracy.mean}};
    if (!arguments.lab.quiet) {
      fmt::print(session.messages, "expected  {}\nactual    {:.1f} s, {:.2f} %\n", expectation(choice.best()),
                 summary.seconds.train, 100 * summary.accuracy.mean);
    }
  }
  write_json(arguments.lab.json, json.dump(2) + "\n");
}

}  // namespace

void add_budget_command(CLI::App& app) {
  const auto arguments = std::make_shared<BudgetArguments>();
  CLI::App* command =
      app.add_subcommand("budget", "Make the most of a recipe in a given time on this machine");
  command->add_option("recipe", arguments->recipe, "A built-in recipe's name or a TOML file")
      ->capture_default_str();
  command->add_option("--seconds", arguments->seconds, "Of training, evaluation not counted")
      ->required()
      ->check(CLI::PositiveNumber);
  command->add_option("--scale", arguments->study, "Choose by this folder of ftl scale");
  command->add_option("--runs", arguments->runs, "Runs with different seeds")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  add_lab_options(*command, arguments->lab);
  command->callback([arguments] { budget(*arguments); });
}

}  // namespace ftl::cli
