#include "lab/report/run_folder.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json_file.hpp"
#include "lab/report/forgetting.hpp"
#include "lab/run_record.hpp"
#include "run/metrics_file.hpp"
#include "run/run_directory.hpp"
#include "run/run_files.hpp"

namespace ftl::lab::report {
namespace {

namespace fs = std::filesystem;
using train::EpochRecord;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

Sample sample(const JsonMembers& json) {
  std::vector<double> values;
  for (const Json& value : json.get<std::vector<Json>>("values")) {
    values.push_back(value.is_number() ? value.get<double>() : kNone);
  }
  return describe(values);
}

// Those whose accuracies the summary lists: it leaves out runs that failed. In cross-validation a seed has
// several runs.
std::vector<std::uint64_t> counted_seeds(const JsonMembers& json, std::size_t values) {
  auto seeds = json.get<std::vector<std::uint64_t>>("seeds");
  for (const JsonMembers& failure : json.objects("failures")) {
    const auto failed = std::ranges::find(seeds, failure.get<std::uint64_t>("seed"));
    if (failed != seeds.end()) seeds.erase(failed);
  }
  seeds.resize(std::min(seeds.size(), values));
  return seeds;
}

void read_summary(const fs::path& path, RunFolder& run) {
  const Json json = read_json(path);
  const JsonMembers summary(json, path.string());
  run.finished = !summary.get<bool>("interrupted");
  run.recipe = summary.get<std::string>("recipe");
  run.dataset = summary.get<std::string>("dataset");
  run.evaluated_on = summary.get<std::string>("evaluated_on");
  run.batch = summary.get<int>("batch");
  run.epochs = summary.number("epochs");
  run.runs = summary.get<int>("runs");
  run.failed_runs = summary.get<int>("failed_runs");
  run.accuracy = sample(summary.object("accuracy"));
  run.accuracy_plain = sample(summary.object("accuracy_plain"));
  run.seeds = counted_seeds(summary, run.accuracy.values.size());
  const JsonMembers seconds = summary.object("seconds");
  run.seconds = {seconds.number("load"), seconds.number("init"), seconds.number("train"),
                 seconds.number("eval"), seconds.number("total")};
  run.flop_per_run = summary.number("flop_per_run");
  run.tflops = summary.number("tflops");
  run.fraction_of_peak = summary.number("fraction_of_peak");
  run.peak_memory_bytes = summary.number("peak_memory_bytes");
}

void read_environment(const fs::path& path, RunFolder& run) {
  const Json json = read_json(path);
  run.dataset_digest = JsonMembers(json, path.string()).get<std::string>("dataset");
  for (const auto& [key, value] : json.members()) {
    run.environment.emplace_back(key, value.is_string() ? value.get<std::string>() : value.text());
  }
}

Band band(const std::vector<EpochRecord>& records, double (*figure)(const EpochRecord&)) {
  std::vector<double> values;
  for (const EpochRecord& record : records) {
    if (const double value = figure(record); std::isfinite(value)) values.push_back(value);
  }
  if (values.empty()) return {kNone, kNone, kNone};
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return {describe(values).mean, *low, *high};
}

std::vector<EpochFigures> curve(const std::vector<EpochRecord>& records) {
  std::map<double, std::vector<EpochRecord>> by_epoch;
  for (const EpochRecord& record : records) by_epoch[record.epoch].push_back(record);
  std::vector<EpochFigures> figures;
  for (const auto& [epoch, runs] : by_epoch) {
    figures.push_back({
        .epoch = epoch,
        .train_loss = band(runs, [](const EpochRecord& run) { return run.train_loss; }),
        .train_accuracy = band(runs, [](const EpochRecord& run) { return run.train_accuracy; }),
        .val_loss = band(runs, [](const EpochRecord& run) { return run.val_loss; }),
        .val_accuracy = band(runs, [](const EpochRecord& run) { return run.val_accuracy; }),
        .ema_val_accuracy =
            band(runs, [](const EpochRecord& run) { return run.ema_val_accuracy.value_or(kNone); }),
        .seconds = band(runs, [](const EpochRecord& run) { return run.total_seconds; }).mean,
    });
  }
  return figures;
}

// Of all runs so far but those that have failed, of which the directory has `runs`.
std::vector<EpochRecord> records_that_count(const fs::path& folder, int runs) {
  std::vector<EpochRecord> records = run::read_metrics(folder / run::kMetricsFile);
  for (int run = 0; run < runs; ++run) {
    const std::optional<train::RunResult> result = load_run_record(run::result_path(folder, run, runs));
    if (!result || !result->failed) continue;
    std::erase_if(records, [run](const EpochRecord& record) { return record.run == run; });
  }
  return records;
}

// The recipe's name as its text gives it.
std::string recipe_name(const std::string& toml, const fs::path& path) {
  try {
    return toml::parse(toml)["name"].value_or(std::string());
  } catch (const toml::parse_error& error) {
    throw InputError("{}: is not TOML: {}", path.string(), error.description());
  }
}

}  // namespace

std::vector<Metric> metrics() {
  return {{"val_accuracy", "test accuracy", &EpochFigures::val_accuracy},
          {"ema_val_accuracy", "test accuracy of averaged weights", &EpochFigures::ema_val_accuracy},
          {"train_accuracy", "training accuracy", &EpochFigures::train_accuracy},
          {"val_loss", "test loss", &EpochFigures::val_loss},
          {"train_loss", "training loss", &EpochFigures::train_loss}};
}

std::string last_name(const fs::path& folder) {
  const fs::path whole = fs::absolute(folder).lexically_normal();
  return (whole.has_filename() ? whole.filename() : whole.parent_path().filename()).string();
}

bool is_run_folder(const fs::path& folder) {
  return fs::exists(folder / run::kRecipeFile) && fs::exists(folder / run::kEnvironmentFile);
}

RunFolder read_run_folder(const fs::path& folder) {
  RunFolder run;
  run.folder = folder;
  run.label = last_name(folder);
  run.recipe_toml = read_text(folder / run::kRecipeFile);
  run.recipe = recipe_name(run.recipe_toml, folder / run::kRecipeFile);
  run.accuracy = run.accuracy_plain = describe({});
  read_environment(folder / run::kEnvironmentFile, run);
  if (const fs::path summary = folder / run::kSummaryFile; fs::exists(summary)) read_summary(summary, run);
  run.curve = curve(records_that_count(folder, run.runs));
  run.forgetting = read_forgetting(folder / run::kForgettingFile);
  return run;
}

}  // namespace ftl::lab::report
