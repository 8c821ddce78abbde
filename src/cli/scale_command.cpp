// ftl scale [RECIPE]
#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <ranges>
#include <string_view>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/experiment_command.hpp"
#include "cli/json_output.hpp"
#include "lab/scaling_study.hpp"

namespace ftl::cli {
namespace {

struct ScaleArguments {
  ExperimentArguments experiment;
  std::string widths = "0.5,1,2";
  std::string epochs = "5,10,20,40";
};

bool are_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Digits, perhaps with a point and more digits behind it.
bool is_number(std::string_view text) {
  const std::size_t point = text.find('.');
  return are_digits(text.substr(0, point)) &&
         (point == std::string_view::npos || are_digits(text.substr(point + 1)));
}

// "0.5,1,2" as its numbers, as TOML writes them.
std::vector<std::string> numbers_of(const char* option, const std::string& text) {
  std::vector<std::string> numbers;
  for (const auto part : std::views::split(text, ',')) numbers.emplace_back(part.begin(), part.end());
  if (numbers.empty() || text.ends_with(',') || !std::ranges::all_of(numbers, is_number)) {
    throw InputError("{} {}: must be numbers above 0 separated by commas, as in 0.5,1,2", option, text);
  }
  for (auto at = numbers.begin(); at != numbers.end(); ++at) {
    const auto same = [&](const std::string& other) { return std::stod(other) == std::stod(*at); };
    if (std::any_of(numbers.begin(), at, same)) throw InputError("{} {}: has {} twice", option, text, *at);
  }
  return numbers;
}

// What --width and --epochs vary cannot be set, too.
void check_settings(const std::vector<std::string>& settings) {
  for (const std::string& setting : settings) {
    const std::string key = setting.substr(0, setting.find('='));
    if (key == lab::kWidthKey) throw InputError("--set {}: --width says the widths", setting);
    if (key == lab::kEpochsKey) throw InputError("--set {}: --epochs says the lengths", setting);
  }
}

ExperimentPlan plan_of(const ScaleArguments& arguments) {
  check_settings(arguments.experiment.lab.settings);
  ExperimentPlan plan{.kind = lab::kScaleKind,
                      .recipe = recipe::read(written_recipe(arguments.experiment)).name};
  plan.axes = {
      {.key = lab::kWidthKey, .label = "width", .values = numbers_of("--width", arguments.widths)},
      {.key = lab::kEpochsKey, .label = "epochs", .values = numbers_of("--epochs", arguments.epochs)}};
  for (const lab::ExperimentCell& cell : lab::scale_cells(plan.axes)) {
    ExperimentArguments with_cell = arguments.experiment;
    for (const auto& [key, value] : cell.settings)
      with_cell.lab.settings.push_back(fmt::format("{}={}", key, value));
    plan.cells.push_back({cell, recipe::read(written_recipe(with_cell))});
  }
  return plan;
}

void print(std::FILE* messages, const std::vector<lab::ScalePoint>& points) {
  fmt::print(messages, "   width   epochs     PFLOP   seconds   accuracy\n");
  for (const lab::ScalePoint& point : points) {
    fmt::print(messages, "{:8g} {:8g} {:9.4g} {:9.1f}   {:6.2f} %{}\n", point.width, point.epochs,
               point.flop / 1e15, point.seconds, 100 * point.accuracy, point.best ? "  best so far" : "");
  }
  const std::optional<lab::PowerLaw> law = lab::law_of_best(points);
  if (!law) {
    fmt::print(messages, "no law: it takes {} points that are the best so far\n", lab::kPowerLawPoints);
    return;
  }
  const std::string fit = law->points > lab::kPowerLawPoints
                              ? fmt::format("off by {:.1f} % of the error", 100 * law->residual)
                              : "through as many points as it has parameters";
  fmt::print(messages, "law of the {} best: error = {:.4f} + {:.3g} * PFLOP^-{:.3f}, least squares, {}\n",
             law->points, law->floor, law->error_at(1e15) - law->floor, law->exponent, fit);
}

void scale(const ScaleArguments& arguments) {
  const std::optional<FinishedExperiment> experiment =
      run_experiment(arguments.experiment, plan_of(arguments));
  if (!experiment) return;
  write_json(arguments.experiment.lab.json,
             lab::study_json(experiment->folder, experiment->description, experiment->results));
  if (!arguments.experiment.lab.quiet)
    print(message_stream(arguments.experiment.lab.json), lab::scale_points(experiment->results));
  require_success(*experiment);
}

}  // namespace

void add_scale_command(Command program) {
  const auto arguments = std::make_shared<ScaleArguments>();
  Command command = program.subcommand("scale", "Accuracy against compute: widths and lengths of a recipe");
  add_experiment_options(command, arguments->experiment);
  command.option("--width", arguments->widths, "Multipliers of the network's width").show_default();
  command.option("--epochs", arguments->epochs, "Lengths of the training").show_default();
  command.action([arguments] { scale(*arguments); });
}

}  // namespace ftl::cli
