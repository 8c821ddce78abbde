// ftl compare A B
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <sstream>

#include "base/error.hpp"
#include "base/json_file.hpp"
#include "cli/commands.hpp"
#include "cli/json_output.hpp"
#include "cli/lab_arguments.hpp"
#include "lab/comparison.hpp"
#include "lab/run_cost.hpp"
#include "lab/sequential_test.hpp"
#include "train/training_clock.hpp"
#include "train/training_stage.hpp"

namespace ftl::cli {
namespace {

struct CompareArguments {
  LabArguments lab;
  std::string first;
  std::string second;
  std::optional<int> runs;
  std::string until;
  std::optional<int> max_runs;
  std::vector<Option> for_recipes;  // those that have no meaning for run directories
};

constexpr int kDefaultRuns = 5;

// "airbench94 train.epochs=4": a recipe or a run directory, and settings; those alone are of the default
// recipe.
struct Side {
  std::string label;
  std::string name;
  std::vector<std::string> settings;

  bool is_run_directory() const { return std::filesystem::is_directory(name); }
};

Side side_of(const std::string& text) {
  std::istringstream words(text);
  Side side{.label = text, .name = {}, .settings = {}};
  for (std::string word; words >> word;) {
    std::error_code unknown;  // of names too long for a folder
    const bool is_setting = !side.name.empty() || (word.find('=') != std::string::npos &&
                                                   !std::filesystem::is_directory(word, unknown));
    if (is_setting && side.name.empty()) side.name = kDefaultRecipe;
    if (is_setting) {
      side.settings.push_back(word);
    } else {
      side.name = word;
    }
  }
  if (side.name.empty()) throw InputError("compare: a recipe or a run directory must be named, not \"\"");
  if (side.is_run_directory() && !side.settings.empty()) {
    throw InputError("{}: is a run directory, which takes no settings such as {}", side.name,
                     side.settings[0]);
  }
  return side;
}

// The number of "p<0.01", which may have blanks around its sign; nothing where the text is of another form.
std::optional<double> p_value_of(std::string_view text) {
  const auto skip_blanks = [&] { text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size())); };
  if (!text.starts_with('p')) return std::nullopt;
  text.remove_prefix(1);
  skip_blanks();
  if (!text.starts_with('<')) return std::nullopt;
  text.remove_prefix(1);
  skip_blanks();
  if (text.starts_with('0')) text.remove_prefix(1);
  const bool is_fraction = text.size() > 1 && text.starts_with('.') &&
                           text.find_first_not_of("0123456789", 1) == std::string_view::npos;
  if (!is_fraction) return std::nullopt;
  return std::stod(std::string(text));
}

std::optional<lab::StoppingRule> rule_of(const CompareArguments& arguments) {
  if (arguments.until.empty()) {
    if (arguments.max_runs) throw InputError("--max-runs needs --until; without it, --runs says how many");
    return std::nullopt;
  }
  if (arguments.runs) throw InputError("--until goes on for up to --max-runs; leave out --runs");
  const std::optional<double> p_value = p_value_of(arguments.until);
  if (p_value.value_or(0) <= 0) {
    throw InputError("--until {}: must be like \"p<0.01\", with a number between 0 and 1", arguments.until);
  }
  return lab::StoppingRule{.p_value = *p_value, .max_pairs = arguments.max_runs.value_or(50)};
}

std::string figures_line(const char* letter, const lab::ContestantFigures& figures) {
  if (figures.accuracy.values.empty())
    return fmt::format("{}  {}: no run succeeded\n", letter, figures.label);
  std::string text = fmt::format("{}  {}: {:.2f} %", letter, figures.label, 100 * figures.accuracy.mean);
  if (figures.accuracy.values.size() > 1) {
    text +=
        fmt::format(" ± {:.2f} (std of {} runs)", 100 * figures.accuracy.std, figures.accuracy.values.size());
  }
  text += fmt::format(", {:.2f} s of training", figures.train_seconds.mean);
  if (figures.failed > 0) text += fmt::format(", {} runs failed", figures.failed);
  return text + "\n";
}

std::string difference_lines(const lab::Comparison& comparison) {
  const lab::Difference& accuracy = comparison.accuracy;
  const lab::Difference& seconds = comparison.train_seconds;
  if (comparison.pairs == 0 && std::isnan(comparison.accuracy_welch.p_value)) {
    return "A - B     no seed that both have, and too few runs for a test without pairs\n";
  }
  if (comparison.pairs == 0) {
    return fmt::format(
        "A - B     no seed that both have: unpaired, {:+.2f} points, 95 % interval {:+.2f} to "
        "{:+.2f}, Welch's test p = {:.2g}\n",
        100 * comparison.accuracy_welch.mean, 100 * comparison.accuracy_welch.low(),
        100 * comparison.accuracy_welch.high(), comparison.accuracy_welch.p_value);
  }
  if (comparison.pairs == 1) {
    return fmt::format("A - B     {:+.2f} points, {:+.2f} s; one pair gives no interval\n",
                       100 * accuracy.mean, seconds.mean);
  }
  return fmt::format(
      "A - B     {:+.2f} points, 95 % interval {:+.2f} to {:+.2f} ({} pairs with the same seed)\n"
      "          paired t-test p = {:.2g}, Welch's test p = {:.2g}\n"
      "seconds   {:+.2f}, 95 % interval {:+.2f} to {:+.2f}, paired t-test p = {:.2g}\n",
      100 * accuracy.mean, 100 * accuracy.low(), 100 * accuracy.high(), comparison.pairs, accuracy.p_value,
      comparison.accuracy_welch.p_value, seconds.mean, seconds.low(), seconds.high(), seconds.p_value);
}

std::string more_runs_line(const lab::Comparison& comparison) {
  if (comparison.pairs < 2 || comparison.decided_by_rule()) return "";
  if (comparison.pairs_to_decide >= lab::kUndecidable) {
    return "more      no number of runs decides a difference this small\n";
  }
  const int more = std::max(comparison.pairs_to_decide - comparison.pairs, 0);
  const std::string more_runs = fmt::format("{} more run{}", more, more == 1 ? "" : "s");
  if (comparison.rule) {
    return fmt::format("more      {} of each decide it, if the difference stays as it is\n", more_runs);
  }
  const lab::Decision& decision = comparison.decision;
  if (comparison.accuracy.p_value < decision.p_value) {
    return fmt::format(
        "decided   at p < {:g} by the paired test, if so many runs were planned; else p = {:.2g}\n",
        decision.p_value, comparison.always_valid_p_value);
  }
  return fmt::format(
      "more      {} of each would decide at p < {:g} with a power of {:.0f} %, if the difference "
      "is as seen\n",
      more_runs, decision.p_value, 100 * decision.power);
}

std::string rule_lines(const lab::Comparison& comparison) {
  if (!comparison.rule) return "";
  const std::string verdict =
      comparison.decided_by_rule()
          ? fmt::format("decided after {} pairs: {} is better", comparison.pairs,
                        comparison.accuracy.mean > 0 ? "A" : "B")
          : fmt::format("not decided after {} pairs; a larger --max-runs goes on", comparison.pairs);
  return fmt::format("until     p < {:g}: {}; p = {:.2g}, valid at any time, by the {}\n",
                     comparison.rule->p_value, verdict, comparison.always_valid_p_value,
                     lab::kSequentialTestName);
}

void report(const lab::Comparison& comparison, const CompareArguments& arguments, std::FILE* messages) {
  write_json(arguments.lab.json, lab::to_json(comparison));
  if (arguments.lab.quiet) return;
  fmt::print(messages, "{}{}{}{}{}", figures_line("A", comparison.first),
             figures_line("B", comparison.second), difference_lines(comparison), more_runs_line(comparison),
             rule_lines(comparison));
}

void compare_directories(const CompareArguments& arguments, const Side& first, const Side& second) {
  for (const Option& option : arguments.for_recipes) {
    if (!option.given()) continue;
    throw InputError("{}: is for recipes; run directories are finished", option.name());
  }
  check_json_target(arguments.lab.json);
  report(lab::compare(lab::load_contestant(first.name), lab::load_contestant(second.name)), arguments,
         message_stream(arguments.lab.json));
}

lab::ContestantPlan plan_of(const Side& side, const std::vector<std::string>& common, LabSession& session) {
  lab::ContestantPlan plan{.label = side.label, .settings = common, .recipe = {}, .dataset = {}};
  plan.settings.insert(plan.settings.end(), side.settings.begin(), side.settings.end());
  plan.recipe = recipe::load_recipe(side.name, plan.settings);
  plan.dataset = train::dataset_for(plan.recipe, session.dataset);
  train::check_fits(plan.recipe, plan.dataset);
  return plan;
}

// Returns the expected seconds.
double print_plan(const lab::ComparisonOptions& options, std::FILE* messages) {
  const int pairs = options.rule ? options.rule->max_pairs : options.pairs;
  double seconds = 0;
  for (const lab::ContestantPlan* plan : {&options.first, &options.second}) {
    const double rate = lab::measure_rate({.recipe = plan->recipe,
                                           .dataset = plan->dataset,
                                           .kernels = options.machine.kernels,
                                           .threads = options.machine.threads.threads()},
                                          1);
    const double seconds_of_run = lab::expected_flop(plan->recipe, plan->dataset) / rate;
    const std::int64_t steps = train::TrainingClock(plan->recipe, plan->dataset.train.count()).total_steps();
    fmt::print(messages, "{}: {}{} runs of {} steps, about {} each\n", plan->label,
               options.rule ? "up to " : "", pairs, steps, duration(seconds_of_run));
    seconds += pairs * seconds_of_run;
  }
  fmt::print(messages, "{}about {} in all, into {}\n", options.rule ? "at most " : "", duration(seconds),
             options.folder.string());
  return seconds;
}

// The runs by turns, each with the FLOP that it takes.
LabProgress::Plan progress_of(const lab::ComparisonOptions& options, bool quiet) {
  LabProgress::Plan plan{.what = "comparing",
                         .weights = {},
                         .finished = static_cast<std::size_t>(lab::finished_runs(options)),
                         .at_most = options.rule.has_value(),
                         .quiet = quiet};
  const int pairs = options.rule ? options.rule->max_pairs : options.pairs;
  for (int pair = 0; pair < pairs; ++pair) {
    for (const lab::ContestantPlan* contestant : {&options.first, &options.second}) {
      plan.weights.push_back(lab::expected_flop(contestant->recipe, contestant->dataset));
    }
  }
  return plan;
}

std::string pair_line(const lab::NewPair& pair) {
  const auto outcome = [](const train::RunResult& run) {
    return run.failed ? std::string("failed") : fmt::format("{:.2f} %", 100 * run.accuracy);
  };
  std::string line =
      fmt::format("pair {:<4} A {}, B {}", pair.number, outcome(pair.first), outcome(pair.second));
  if (pair.so_far.pairs > 1)
    line += fmt::format("; A - B {:+.2f} points in the mean", 100 * pair.so_far.accuracy.mean);
  return line + "\n";
}

void compare(const CompareArguments& arguments) {
  const Side first = side_of(arguments.first);
  const Side second = side_of(arguments.second);
  const std::optional<lab::StoppingRule> rule = rule_of(arguments);
  if (first.is_run_directory() != second.is_run_directory()) {
    throw InputError("compare: {} is a run directory and {} is none; name two recipes or two run directories",
                     first.is_run_directory() ? first.name : second.name,
                     first.is_run_directory() ? second.name : first.name);
  }
  if (first.is_run_directory()) return compare_directories(arguments, first, second);
  recipe::load_recipe(first.name, first.settings);  // refused before any data is opened
  recipe::load_recipe(second.name, second.settings);
  LabSession session(arguments.lab);
  const lab::ContestantPlan first_plan = plan_of(first, arguments.lab.recipe_settings(), session);
  const lab::ContestantPlan second_plan = plan_of(second, arguments.lab.recipe_settings(), session);
  lab::ComparisonOptions options{.first = first_plan,
                                 .second = second_plan,
                                 .machine = session.machine,
                                 .folder = lab_folder(arguments.lab, "compare"),
                                 .seed = arguments.lab.seed,
                                 .pairs = arguments.runs.value_or(kDefaultRuns),
                                 .rule = rule};
  if (arguments.lab.dry_run) {
    const Json plan{{"folder", options.folder.string()},
                    {"expected", {{"seconds", print_plan(options, session.messages)}}}};
    return write_json(arguments.lab.json, json_text(plan));
  }
  if (!arguments.lab.quiet) {
    fmt::print(session.messages, "runs in   {}\n", options.folder.string());
    std::fflush(session.messages);
  }
  LabProgress progress(progress_of(options, arguments.lab.quiet));
  options.observer = &progress;
  options.on_pair = [&](const lab::NewPair& pair) {
    if (arguments.lab.quiet) return;
    progress.erase();
    fmt::print(session.messages, "{}", pair_line(pair));
    std::fflush(session.messages);
  };
  const lab::Comparison comparison =
      resumable_in(options.folder, [&] { return lab::run_comparison(options); });
  report(comparison, arguments, session.messages);
  for (const lab::ContestantFigures* figures : {&comparison.first, &comparison.second}) {
    if (figures->accuracy.values.empty()) throw RunError("no run of {} succeeded", figures->label);
  }
}

}  // namespace

void add_compare_command(Command program) {
  const auto arguments = std::make_shared<CompareArguments>();
  Command command = program.subcommand("compare", "Say whether one recipe is better than another");
  command
      .option("A", arguments->first,
              "A recipe or recipe file, with settings in one argument (\"airbench94 train.epochs=4\"), "
              "settings alone (of the default recipe), or a finished run directory")
      .required();
  command.option("B", arguments->second, "The same").required();
  add_lab_options(command, arguments->lab);
  command.option("--runs", arguments->runs, "Runs of each, with the same seeds; default: 5")
      .range(2, 1'000'000);
  command.option("--until", arguments->until,
                 "Go on until this is decided, as \"p<0.01\", looking after every pair of runs");
  command.option("--max-runs", arguments->max_runs, "Of each, with --until; default: 50").range(2, 1'000'000);
  for (const char* option : {"--data", "--test-data", "--size", "--set", "--holdout", "--seed", "--threads",
                             "--out", "--dry-run", "--runs", "--until", "--max-runs"}) {
    arguments->for_recipes.push_back(command.option_named(option));
  }
  command.action([arguments] { compare(*arguments); });
}

}  // namespace ftl::cli
