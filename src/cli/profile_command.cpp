// ftl profile [RECIPE]
#include <fmt/core.h>

#include <cmath>
#include <memory>
#include <optional>

#include "base/file.hpp"
#include "base/json_file.hpp"
#include "cli/commands.hpp"
#include "cli/dataset_arguments.hpp"
#include "cli/json_output.hpp"
#include "cli/progress_line.hpp"
#include "engine/make_engine.hpp"
#include "kernels/peak.hpp"
#include "lab/chrome_trace.hpp"
#include "lab/step_profiler.hpp"
#include "machine/instruction_set.hpp"
#include "machine/limits.hpp"

namespace ftl::cli {
namespace {

struct ProfileArguments {
  std::string recipe = kDefaultRecipe;
  DatasetArguments dataset;
  std::vector<std::string> settings;
  std::uint64_t seed = 0;
  int threads = default_threads();
  int steps = 20;
  double epoch = 0;
  std::size_t top = 25;
  bool all = false;
  std::string trace;
  std::string json;
};

// What the tables and the JSON are made of.
struct Report {
  const recipe::Recipe& recipe;
  const data::Dataset& dataset;
  lab::StepProfile steps;
  lab::Profile profile;
  Isa isa;
  double peak;  // FLOP/s of all threads
};

void print_header(std::FILE* stream, const char* first) {
  fmt::print(stream, "\n{:<42}{:>12}{:>9}{:>10}{:>9}\n", first, "ms a step", "share", "TFLOP/s", "of peak");
}

void print_row(std::FILE* stream, const Report& report, const std::string& what, const lab::ProfileRow& row) {
  fmt::print(stream, "{:<42}{:>12.3f}{:>7.1f} %", what, 1e3 * report.profile.seconds_of_step(row),
             100 * report.profile.share(row));
  if (row.flop > 0) {
    const double rate = row.flop_per_second(report.profile.threads);
    fmt::print(stream, "{:>10.2f}{:>7.0f} %", rate / 1e12, 100 * rate / report.peak);
  }
  fmt::print(stream, "\n");
}

std::string name_of(const lab::ProfileRow& row) {
  return row.layer.empty() ? std::string(row.work) : fmt::format("{:<16} {}", row.layer, row.work);
}

void print_tables(std::FILE* stream, const Report& report, std::size_t top) {
  print_header(stream, "kind of work");
  for (const lab::ProfileRow& row : report.profile.kinds) {
    print_row(stream, report, std::string(row.work), row);
  }
  print_header(stream, "layer            work");
  const std::vector<lab::ProfileRow>& rows = report.profile.layers;
  const std::size_t shown = std::min(top, rows.size());
  for (std::size_t i = 0; i < shown; ++i) print_row(stream, report, name_of(rows[i]), rows[i]);
  if (shown < rows.size()) fmt::print(stream, "{} more rows: --all\n", rows.size() - shown);
}

void print_summary(std::FILE* stream, const Report& report) {
  const lab::Profile& profile = report.profile;
  const lab::Median cost = report.steps.recording_cost();
  fmt::print(stream, "{:<16}{} steps of {} pictures, {:.1f} ms each; {:.2f} TFLOP/s peak\n", "recorded",
             profile.steps, report.steps.batch, 1e3 * profile.wall_seconds / profile.steps,
             report.peak / 1e12);
  fmt::print(stream, "{:<16}{:.2f} % of {} threads x {:.3f} s wall time, waiting included\n", "accounted for",
             100 * profile.measured_seconds() / profile.thread_seconds(), profile.threads,
             profile.wall_seconds);
  const std::string interval = std::isnan(cost.low) ? "too few steps for an interval"
                                                    : fmt::format("95 % interval {:+.2f} to {:+.2f} %",
                                                                  100 * cost.low, 100 * cost.high);
  fmt::print(stream, "{:<16}{:+.2f} % of a step ({}), median of {} pairs of steps with and without\n",
             "recording costs", 100 * cost.value, interval, report.steps.plain_seconds.size());
}

Json json_of(const Report& report, const std::vector<lab::ProfileRow>& rows) {
  Json list = Json::array();
  for (const lab::ProfileRow& row : rows) {
    Json entry{{"kind", engine::name(row.kind)},
               {"layer", row.layer},
               {"work", row.work},
               {"seconds_per_step", report.profile.seconds_of_step(row)},
               {"share", report.profile.share(row)}};
    if (row.flop > 0) {
      const double rate = row.flop_per_second(report.profile.threads);
      entry["tflops"] = rate / 1e12;
      entry["fraction_of_peak"] = rate / report.peak;
    }
    list.push_back(std::move(entry));
  }
  return list;
}

std::string to_json(const Report& report) {
  const lab::Profile& profile = report.profile;
  const lab::Median cost = report.steps.recording_cost();
  const Json json{{"recipe", report.recipe.name},
                  {"dataset", report.dataset.name},
                  {"isa", name(report.isa)},
                  {"threads", profile.threads},
                  {"batch", report.steps.batch},
                  {"steps", profile.steps},
                  {"wall_seconds", profile.wall_seconds},
                  {"measured_seconds", profile.measured_seconds()},
                  {"accounted_for", profile.measured_seconds() / profile.thread_seconds()},
                  {"recording_cost", {{"median", cost.value}, {"low", cost.low}, {"high", cost.high}}},
                  {"recorded_step_seconds", report.steps.recorded_seconds},
                  {"plain_step_seconds", report.steps.plain_seconds},
                  {"peak_tflops", report.peak / 1e12},
                  {"kinds", json_of(report, profile.kinds)},
                  {"layers", json_of(report, profile.layers)}};
  return json_text(json);
}

void profile(const ProfileArguments& arguments) {
  std::FILE* messages = message_stream(arguments.json);
  check_json_target(arguments.json);
  check_output_file("--trace", arguments.trace);
  const recipe::Recipe recipe = recipe::load_recipe(arguments.recipe, arguments.settings);
  recipe::check_epoch(recipe, arguments.epoch);
  const Isa isa = select_isa();
  const data::Dataset dataset = train::dataset_for(recipe, open_dataset(arguments.dataset, messages));
  ThreadPool threads(arguments.threads);
  const kernels::Kernels& kernels = kernels::kernels_for(isa);
  const auto engine = engine::make_engine(engine::kCpu, kernels, threads);
  std::optional<ProgressLine> progress(std::in_place, "profiling");
  lab::StepProfiler profiler(
      {.recipe = recipe,
       .dataset = dataset,
       .engine = *engine,
       .seed = arguments.seed,
       .steps = arguments.steps,
       .epoch = arguments.epoch,
       .progress = [&](std::int64_t done, std::int64_t total) { progress->show(done, total); }});
  fmt::print(messages, "{} on {}; {}, {} threads\n", recipe.name, dataset.name, name(isa), arguments.threads);
  std::fflush(messages);
  const double peak = kernels::measure_peak(kernels, threads);
  lab::StepProfile steps = profiler.run();
  progress.reset();
  lab::Profile profile = lab::sum_up(steps.recording);
  const Report report{recipe, dataset, std::move(steps), std::move(profile), isa, peak};
  if (!arguments.trace.empty()) {
    write_text_atomically(arguments.trace, lab::chrome_trace(report.steps.recording));
  }
  write_json(arguments.json, to_json(report));
  print_summary(messages, report);
  print_tables(messages, report, arguments.all ? report.profile.layers.size() : arguments.top);
}

}  // namespace

void add_profile_command(Command program) {
  const auto arguments = std::make_shared<ProfileArguments>();
  Command command = program.subcommand("profile", "Where the time of a recipe's training steps goes");
  command.option("recipe", arguments->recipe, "A built-in recipe's name or a TOML file").show_default();
  add_dataset_options(command, arguments->dataset);
  command.option("--set", arguments->settings, "Change a recipe key: key=value").one_value_each();
  command.option("--seed", arguments->seed, "Of the training").not_negative().show_default();
  command.option("--threads", arguments->threads, "Threads; default: as many as there are processors to use")
      .range(1, 1024);
  command
      .option("--steps", arguments->steps,
              "Steps to record; as many are taken unrecorded, to tell what recording costs")
      .range(1, 10'000)
      .show_default();
  command.option("--epoch", arguments->epoch, "Where in the training to take them")
      .not_negative()
      .show_default();
  command.option("--top", arguments->top, "Rows of the table by layer").positive().show_default();
  command.flag("--all", arguments->all, "All rows of the table by layer");
  command.option("--trace", arguments->trace,
                 "Also write what each thread did when to this file, for ui.perfetto.dev");
  command.option("--json", arguments->json, "Also write the figures to this file; - for stdout");
  command.action([arguments] { profile(*arguments); });
}

}  // namespace ftl::cli
