// ftl train [RECIPE]
#include <fmt/core.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/dataset_arguments.hpp"
#include "cli/json_output.hpp"
#include "cli/run_folder.hpp"
#include "data/derived_dataset.hpp"
#include "engine/make_engine.hpp"
#include "kernels/peak.hpp"
#include "lab/experiment.hpp"
#include "lab/report/forgetting.hpp"
#include "lab/report/forgetting_table.hpp"
#include "lab/summary.hpp"
#include "machine/limits.hpp"
#include "train/memory_need.hpp"

namespace ftl::cli {
namespace {

constexpr std::size_t kForgettingClasses = 20;  // that are printed

struct TrainArguments {
  std::string recipe = kDefaultRecipe;
  DatasetArguments dataset;
  std::vector<std::string> settings;
  int runs = 1;
  std::uint64_t seed = 0;
  int threads = default_threads();
  std::string out;
  bool forgetting = false;
  bool resume = false;
  bool quiet = false;
  std::string json;
  std::optional<double> target_accuracy;
  std::string protocol{name(lab::Protocol::hlb)};
  std::optional<double> holdout;
  int folds = 0;

  int runs_in_all() const { return runs * std::max(folds, 1); }
};

// What the run directory keeps as its recipe. The remark makes it another one than without --kfold, so that
// --resume does not mix the two.
std::string recipe_of_directory(const TrainArguments& arguments, const recipe::Recipe& recipe) {
  if (arguments.folds == 0) return recipe::to_toml(recipe);
  return fmt::format("# Cross-validation: --kfold {}\n{}", arguments.folds, recipe::to_toml(recipe));
}

std::int64_t peak_memory_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{usage.ru_maxrss} * 1024;
}

lab::RunSettings run_settings(const TrainArguments& arguments, const recipe::Recipe& recipe,
                              const data::Dataset& dataset, const lab::Machine& machine) {
  lab::RunSettings settings = lab::settings_of(recipe, dataset, machine, arguments.runs_in_all());
  settings.folds = arguments.folds;
  settings.target_accuracy = arguments.target_accuracy;
  settings.protocol = lab::protocol_named(arguments.protocol);
  return settings;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// After the last epoch, over all runs.
void print_forgetting(std::FILE* stream, const std::filesystem::path& path) {
  const std::vector<train::ForgettingRecord> epochs = lab::report::read_forgetting(path);
  if (epochs.empty()) return;
  lab::report::Table classes = lab::report::forgetting_by_class(epochs.back());
  const std::size_t all = classes.rows.size();
  classes.rows.resize(std::min(all, kForgettingClasses));
  fmt::print(stream, "\n{}\n{}", to_text(lab::report::forgetting_by_age(epochs.back())), to_text(classes));
  if (all > kForgettingClasses) {
    fmt::print(stream, "... and {} classes that lose less\n", all - kForgettingClasses);
  }
  fmt::print(stream, "\n");
}

// What its rules need of the epochs so far.
std::vector<train::EpochRecord> epochs_for(lab::Protocol protocol, const run::RunDirectory& directory) {
  if (protocol != lab::Protocol::dawnbench) return {};
  return directory.epochs();
}

void check_usage(const TrainArguments& arguments) {
  if (arguments.resume && arguments.out.empty()) {
    throw InputError("--resume needs --out with the folder of the run to go on with");
  }
  if (arguments.protocol == name(lab::Protocol::dawnbench) && !arguments.target_accuracy) {
    throw InputError(
        "--protocol dawnbench needs --target-accuracy: its clock stops at the first epoch there");
  }
  check_json_target(arguments.json);
}

recipe::Recipe load_recipe(const TrainArguments& arguments) {
  std::vector<std::string> recipe_settings = arguments.settings;
  if (arguments.holdout) recipe_settings.push_back(fmt::format("train.holdout={}", *arguments.holdout));
  recipe::Recipe recipe = recipe::load_recipe(arguments.recipe, recipe_settings);
  if (arguments.folds > 0 && recipe.holdout > 0) {
    throw InputError("--kfold and train.holdout exclude each other; leave out one of them");
  }
  return recipe;
}

// Writes and prints what came of the runs. Throws RunError where they are not finished, or none succeeded.
void conclude(const TrainArguments& arguments, const lab::Summary& summary, run::RunDirectory& directory,
              int& exit_code) {
  std::FILE* messages = message_stream(arguments.json);
  directory.write_summary(lab::to_json(summary));
  write_json(arguments.json, lab::to_json(summary));
  if (!arguments.quiet) {
    if (arguments.forgetting) print_forgetting(messages, directory.forgetting_path());
    fmt::print(messages, "{}{:<16}{}\n", result_block(summary), "run directory", directory.folder().string());
  }
  if (summary.interrupted) {
    throw RunError("interrupted; the same command with --resume --out {} goes on",
                   directory.folder().string());
  }
  if (static_cast<int>(summary.failures.size()) == summary.runs) {
    throw RunError("no run succeeded; seed {}: {}", summary.failures[0].seed, summary.failures[0].reason);
  }
  if (!summary.misses_target()) return;
  exit_code = kTargetMissed;
  if (arguments.quiet) {
    fmt::print(stderr, "ftl: mean accuracy {:.2f} % misses the target of {:.2f} %\n",
               100 * summary.accuracy.mean, 100 * *arguments.target_accuracy);
  }
}

void train(const TrainArguments& arguments, int& exit_code) {
  const auto started = std::chrono::steady_clock::now();
  check_usage(arguments);
  std::FILE* messages = message_stream(arguments.json);
  const recipe::Recipe recipe = load_recipe(arguments);
  const Isa isa = select_isa();
  const data::Dataset whole = open_dataset(arguments.dataset, messages);
  const data::Dataset dataset = arguments.folds > 0 ? data::leave_out(whole, {.folds = arguments.folds})
                                                    : train::dataset_for(recipe, whole);
  train::check_fits(recipe, dataset);  // refuses what does not fit before anything is written
  ThreadPool threads(arguments.threads);
  train::check_memory(train::training_stages(recipe, dataset),
                      *engine::make_engine(engine::kCpu, kernels::kernels_for(isa), threads),
                      std::min<std::int64_t>(recipe.batch, dataset.train.count()));
  run::RunDirectory directory(
      {.folder =
           arguments.out.empty() ? default_run_folder(recipe.name) : std::filesystem::path(arguments.out),
       .runs = arguments.runs_in_all(),
       .resume = arguments.resume,
       .recipe = recipe_of_directory(arguments, recipe),
       .environment = run::current_environment(isa, arguments.threads, FTL_VERSION, dataset.digest)});
  const double load_seconds = seconds_since(started);
  lab::Machine machine{
      .isa = isa, .kernels = kernels::kernels_for(isa), .threads = threads, .version = FTL_VERSION};
  // Refuses damaged ones before a run goes on.
  epochs_for(lab::protocol_named(arguments.protocol), directory);
  machine.peak_tflops = kernels::measure_peak(machine.kernels, threads) / 1e12;
  ConsoleReporter reporter({.stream = messages,
                            .terminal = is_terminal(messages),
                            .quiet = arguments.quiet,
                            .runs = arguments.runs_in_all()});
  const lab::ExperimentOptions options{.recipe = recipe,
                                       .dataset = arguments.folds > 0 ? whole : dataset,
                                       .kernels = machine.kernels,
                                       .threads = threads,
                                       .directory = directory,
                                       .seed = arguments.seed,
                                       .runs = arguments.runs_in_all(),
                                       .folds = arguments.folds,
                                       .forgetting = arguments.forgetting,
                                       .resume = arguments.resume,
                                       .load_seconds = load_seconds,
                                       .observer = &reporter};
  lab::check_resumed_runs(options);
  if (!arguments.quiet) {
    fmt::print(messages, "{} on {}: {} training and {} test pictures, {} classes; {}, {} threads\n",
               recipe.name, dataset.name, dataset.train.count(), dataset.test.count(), dataset.classes(),
               name(isa), arguments.threads);
    std::fflush(messages);
  }
  const std::vector<train::RunResult> results = lab::run_experiment(options);
  lab::RunSettings settings = run_settings(arguments, recipe, dataset, machine);
  settings.peak_memory_bytes = peak_memory_bytes();
  const lab::Summary summary = lab::summarize(settings, results, epochs_for(settings.protocol, directory));
  conclude(arguments, summary, directory, exit_code);
}

}  // namespace

void add_train_command(Command program, int& exit_code) {
  const auto arguments = std::make_shared<TrainArguments>();
  Command command = program.subcommand("train", "Train a recipe and evaluate it");
  command.option("recipe", arguments->recipe, "A built-in recipe's name or a TOML file").show_default();
  add_dataset_options(command, arguments->dataset);
  command.option("--set", arguments->settings, "Change a recipe key: key=value").one_value_each();
  Option holdout =
      command.option("--holdout", arguments->holdout,
                     "Evaluate on this share of the training pictures, left out of training: for tuning "
                     "without the test split (train.holdout)");
  command
      .option("--kfold", arguments->folds,
              "Cross-validation: with each seed K runs, each evaluated on another Kth of the training "
              "pictures, left out of its training")
      .range(2, 1000)
      .excludes(holdout);
  command.option("--runs", arguments->runs, "Runs with different seeds").range(1, 1'000'000).show_default();
  command.option("--seed", arguments->seed, "Of the first run; the following ones count up")
      .not_negative()
      .show_default();
  command.option("--threads", arguments->threads, "Threads; default: as many as there are processors to use")
      .range(1, 1024);
  command.option("--out", arguments->out, "Run directory; default: runs/<recipe>-<date>-<time>");
  command.flag("--resume", arguments->resume, "Go on with an interrupted run in --out");
  command.flag("--forgetting", arguments->forgetting,
               "After each epoch, also score training pictures by how long ago they were seen");
  command.flag("--quiet", arguments->quiet, "Print nothing but errors");
  command.option("--json", arguments->json, "Also write the summary to this file; - for stdout");
  command
      .option("--target-accuracy", arguments->target_accuracy, "Exit with 3 when the mean accuracy is lower")
      .range(0.0, 1.0);
  command
      .option("--protocol", arguments->protocol,
              "What counts as the time of a run: hlb, training; airbench, also whitening and the final "
              "evaluation; dawnbench, whitening and training to the first epoch at --target-accuracy")
      .one_of(lab::protocol_names())
      .show_default();
  command.action([arguments, &exit_code] { train(*arguments, exit_code); });
}

}  // namespace ftl::cli
