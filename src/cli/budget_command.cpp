// ftl budget [RECIPE] --seconds S
#include <fmt/core.h>

#include <memory>

#include "base/json_file.hpp"
#include "cli/commands.hpp"
#include "cli/json_output.hpp"
#include "cli/lab_arguments.hpp"
#include "lab/budget.hpp"
#include "lab/experiment_folder.hpp"
#include "lab/run_series.hpp"
#include "train/training_stage.hpp"

namespace ftl::cli {
namespace {

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
  LabProgress progress({.what = "training",
                        .weights = std::vector<double>(static_cast<std::size_t>(arguments.runs), 1.0),
                        .finished = static_cast<std::size_t>(lab::finished_runs(folder, arguments.runs)),
                        .quiet = arguments.lab.quiet});
  const recipe::Recipe recipe = recipe::load_recipe(arguments.recipe, choice.settings);
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

// What an earlier process has chosen for the same folder, else what a measurement finds.
lab::BudgetRecord choose(const BudgetArguments& arguments, const LabSession& session,
                         const std::filesystem::path& folder, const std::vector<lab::ScalePoint>& study) {
  lab::BudgetRecord record{.recipe = arguments.recipe,
                           .settings = arguments.lab.recipe_settings(),
                           .seconds = arguments.seconds,
                           .study = arguments.study,
                           .choice = {}};
  if (const auto earlier = lab::load_budget(folder, record)) {
    record.choice = *earlier;
  } else {
    record.choice = lab::choose_for_budget({.recipe = arguments.recipe,
                                            .settings = record.settings,
                                            .dataset = session.dataset,
                                            .machine = session.machine,
                                            .seconds = arguments.seconds,
                                            .study = study});
  }
  return record;
}

lab::Summary run(const lab::BudgetRecord& record, const BudgetArguments& arguments, LabSession& session,
                 const std::filesystem::path& folder) {
  lab::save_budget(folder, record);
  if (!arguments.lab.quiet) {
    fmt::print(session.messages, "runs in   {}\n", folder.string());
    std::fflush(session.messages);
  }
  lab::Summary summary =
      resumable_in(folder, [&] { return train(record.choice, arguments, session, folder); });
  if (summary.accuracy.values.empty()) {
    throw RunError("no run succeeded; seed {}: {}", summary.failures[0].seed, summary.failures[0].reason);
  }
  if (!arguments.lab.quiet) {
    fmt::print(session.messages, "expected  {}\nactual    {:.1f} s, {:.2f} %\n",
               expectation(record.choice.best()), summary.seconds.train, 100 * summary.accuracy.mean);
  }
  return summary;
}

void budget(const BudgetArguments& arguments) {
  const recipe::Recipe recipe = recipe::load_recipe(arguments.recipe, arguments.lab.recipe_settings());
  std::vector<lab::ScalePoint> study;
  if (!arguments.study.empty()) study = lab::load_scaling_study(arguments.study, recipe.name);
  LabSession session(arguments.lab);
  const std::filesystem::path folder = lab_folder(arguments.lab, "budget");
  const lab::BudgetRecord record = choose(arguments, session, folder, study);
  if (!arguments.lab.quiet) print_choice(record.choice, arguments, session.messages);
  Json json = json_of(record.choice, arguments.seconds);
  if (!arguments.lab.dry_run) {
    const lab::Summary summary = run(record, arguments, session, folder);
    json["actual"] = {{"train_seconds", summary.seconds.train}, {"accuracy", summary.accuracy.mean}};
  }
  write_json(arguments.lab.json, json_text(json));
}

}  // namespace

void add_budget_command(Command program) {
  const auto arguments = std::make_shared<BudgetArguments>();
  Command command = program.subcommand("budget", "Make the most of a recipe in a given time on this machine");
  command.option("recipe", arguments->recipe, "A built-in recipe's name or a TOML file").show_default();
  command.option("--seconds", arguments->seconds, "Of training, evaluation not counted")
      .required()
      .positive();
  command.option("--scale", arguments->study, "Choose by this folder of ftl scale");
  command.option("--runs", arguments->runs, "Runs with different seeds").range(1, 1'000'000).show_default();
  add_lab_options(command, arguments->lab);
  command.action([arguments] { budget(*arguments); });
}

}  // namespace ftl::cli
