// ftl bench [RECIPE] | --peak
#include <fmt/core.h>

#include <memory>
#include <string>
#include <vector>

#include "cli/bench_table.hpp"
#include "cli/commands.hpp"
#include "cli/json_output.hpp"
#include "cli/progress_line.hpp"
#include "machine/limits.hpp"
#include "measure/convolution_bench.hpp"
#include "measure/machine_peaks.hpp"

namespace ftl::cli {
namespace {

// CIFAR-10's, which the built-in recipes are made for.
constexpr graph::GraphInput kPictures{.height = 32, .width = 32, .classes = 10};

struct BenchArguments {
  std::string recipe = kDefaultRecipe;
  std::vector<std::string> settings;
  bool peak = false;
  double epoch = 0;
  int threads = default_threads();
  double seconds = 0.3;
  std::string json;
};

void bench_convolutions(const BenchArguments& arguments) {
  const recipe::Recipe recipe = recipe::load_recipe(arguments.recipe, arguments.settings);
  recipe::check_epoch(recipe, arguments.epoch);
  const kernels::Kernels& kernels = kernels::kernels_for(select_isa());
  ThreadPool threads(arguments.threads);
  measure::ConvolutionBench bench;
  {
    ProgressLine line("measuring");
    bench = measure::bench_convolutions(
        {.step = {.recipe = recipe,
                  .kernels = kernels,
                  .threads = threads,
                  .pictures = kPictures,
                  .epoch = arguments.epoch},
         .seconds = arguments.seconds,
         .progress = [&](int done, int total, const std::string& what) { line.show(done, total, what); }});
  }
  fmt::print(message_stream(arguments.json), "{}", bench_table(bench));
  write_json(arguments.json, measure::to_json(bench));
}

void measure_peaks(const BenchArguments& arguments) {
  measure::MachinePeaks peaks;
  {
    ProgressLine line("measuring");
    peaks = measure::measure_machine(
        {.threads = arguments.threads,
         .seconds = arguments.seconds,
         .progress = [&](int done, int total, const std::string& what) { line.show(done, total, what); }});
  }
  fmt::print(message_stream(arguments.json), "{}", peaks_table(peaks));
  write_json(arguments.json, measure::to_json(peaks));
}

void bench(const BenchArguments& arguments) {
  check_json_target(arguments.json);
  if (arguments.peak) {
    measure_peaks(arguments);
  } else {
    bench_convolutions(arguments);
  }
}

}  // namespace

void add_bench_command(Command program) {
  const auto arguments = std::make_shared<BenchArguments>();
  Command command = program.subcommand(
      "bench", "Measure each convolution of a recipe beside oneDNN, or with --peak the machine itself");
  Option recipe =
      command.option("recipe", arguments->recipe, "A built-in recipe's name or a TOML file").show_default();
  Option settings =
      command.option("--set", arguments->settings, "Change a recipe key: key=value").one_value_each();
  Option epoch = command
                     .option("--epoch", arguments->epoch,
                             "Take the training step of this epoch: what is frozen by then is not trained")
                     .not_negative()
                     .show_default();
  command
      .flag("--peak", arguments->peak,
            "Measure instead what each instruction set, the caches and memory do at best")
      .excludes(recipe)
      .excludes(settings)
      .excludes(epoch);
  command.option("--threads", arguments->threads, "Threads; default: as many as there are processors to use")
      .range(1, 1024);
  command.option("--seconds", arguments->seconds, "Time for each figure").range(0.0, 3600.0).show_default();
  command.option("--json", arguments->json, "Also write the figures to this file; - for stdout");
  command.action([arguments] { bench(*arguments); });
}

}  // namespace ftl::cli
