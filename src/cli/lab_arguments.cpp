#include "cli/lab_arguments.hpp"

#include <fmt/format.h>

#include <numeric>

#include "cli/json_output.hpp"
#include "cli/run_folder.hpp"
#include "kernels/peak.hpp"

namespace ftl::cli {

void add_lab_options(Command command, LabArguments& arguments) {
  add_dataset_options(command, arguments.dataset);
  command.option("--set", arguments.settings, "Change a recipe key: key=value").one_value_each();
  command.option("--holdout", arguments.holdout,
                 "Evaluate on this share of the training pictures, left out of training (train.holdout)");
  command.option("--seed", arguments.seed, "Of the first run; the following ones count up")
      .not_negative()
      .show_default();
  command.option("--threads", arguments.threads, "Threads; default: as many as there are processors to use")
      .range(1, 1024);
  command.option("--out", arguments.out,
                 "Folder, to go on with what is there; default: runs/<name>-<date>-<time>");
  command.flag("--dry-run", arguments.dry_run, "Say what would be done and how long it would take");
  command.flag("--quiet", arguments.quiet, "Print nothing but errors");
  command.option("--json", arguments.json, "Also write the result to this file; - for stdout");
}

std::vector<std::string> LabArguments::recipe_settings() const {
  std::vector<std::string> all = settings;
  if (holdout) all.push_back(fmt::format("train.holdout={}", *holdout));
  return all;
}

LabSession::LabSession(const LabArguments& arguments)
    : messages((check_json_target(arguments.json), message_stream(arguments.json))),
      dataset(open_dataset(arguments.dataset, messages)),
      threads(arguments.threads),
      machine{.isa = select_isa(),
              .kernels = kernels::kernels_for(select_isa()),
              .threads = threads,
              .version = FTL_VERSION} {
  machine.peak_tflops = kernels::measure_peak(machine.kernels, threads) / 1e12;
}

std::filesystem::path lab_folder(const LabArguments& arguments, const std::string& name) {
  return arguments.out.empty() ? default_run_folder(name) : std::filesystem::path(arguments.out);
}

LabProgress::LabProgress(Plan plan) : plan_(std::move(plan)), line_(plan_.what), run_(plan_.finished) {}

void LabProgress::on_step(std::int64_t done, std::int64_t total, double) {
  if (done <= last_step_) ++run_;  // the run before has ended, perhaps early
  last_step_ = done;
  if (plan_.quiet || run_ >= plan_.weights.size()) return;
  const auto before = plan_.weights.begin() + static_cast<std::ptrdiff_t>(run_);
  const double share = static_cast<double>(done) / static_cast<double>(total);
  const double reached = std::accumulate(plan_.weights.begin(), before, 0.0) + *before * share;
  line_.show(reached / std::accumulate(plan_.weights.begin(), plan_.weights.end(), 0.0),
             fmt::format("run {} of {}{}", run_ + 1, plan_.at_most ? "at most " : "", plan_.weights.size()));
}

}  // namespace ftl::cli
