#include "run/run_directory.hpp"

#include <cmath>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json_file.hpp"
#include "recipe/recipe.hpp"
#include "run/metrics_file.hpp"
#include "run/run_files.hpp"

namespace ftl::run {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEventsPrefix = "events.out.tfevents.";
constexpr std::string_view kRunPrefix = "run-";

bool is_result(const std::string& name) {
  return name == kMetricsFile || name == kForgettingFile || name == kCheckpointFile || name == kSummaryFile ||
         name == kTrainingStateFile || name == kResultFile || name.starts_with(kEventsPrefix);
}

std::string run_name(int run) {
  return fmt::format("{}{}", kRunPrefix, run + 1);
}

// Removes what earlier runs have left, and nothing else.
void remove_results(const fs::path& folder) {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory() && name.starts_with(kRunPrefix)) {
      remove_results(entry.path());
      if (fs::is_empty(entry.path())) fs::remove(entry.path());
    }
    if (entry.is_regular_file() && is_result(name)) fs::remove(entry.path());
  }
}

fs::path folder_of_run(const fs::path& folder, int run, int runs) {
  return runs == 1 ? folder : folder / run_name(run);
}

// TensorBoard's step.
std::int64_t event_step(double epochs) {
  return std::llround(std::ceil(epochs));
}

std::vector<Scalar> scalars(const train::EpochRecord& record) {
  std::vector<Scalar> values = {{"loss/train", record.train_loss},
                                {"loss/validation", record.val_loss},
                                {"accuracy/train", record.train_accuracy},
                                {"accuracy/validation", record.val_accuracy}};
  if (record.ema_val_accuracy) values.push_back({"accuracy/validation_ema", *record.ema_val_accuracy});
  return values;
}

std::vector<Scalar> scalars(const train::ForgettingRecord& record) {
  std::vector<Scalar> values;
  const auto add = [&](const char* tag, const train::GroupScore& score) {
    if (score.pictures > 0) values.push_back({tag, score.loss});
  };
  add("forgetting/loss_recent", record.by_age.front());
  add("forgetting/loss_oldest", record.by_age.back());
  return values;
}

}  // namespace

// The digest that an environment's file names; empty where it names none.
std::string dataset_of_environment(const fs::path& path) {
  try {
    return Json::parse(read_text(path)).at("dataset").get<std::string>();
  } catch (const JsonError&) {
    return {};
  }
}

void check_same_run(const fs::path& folder, const RunIdentity& identity) {
  if (!fs::exists(folder / kRecipeFile) || !fs::exists(folder / kEnvironmentFile)) {
    throw InputError("run directory {}: holds no run to go on with; without --resume one is begun",
                     folder.string());
  }
  const auto refuse = [&](const char* difference) {
    throw InputError("run directory {}: holds a run {}; go on with the same, or name another --out",
                     folder.string(), difference);
  };
  if (!recipe::is_same_recipe(read_text(folder / kRecipeFile), identity.recipe))
    refuse("of another recipe or --set");
  if (dataset_of_environment(folder / kEnvironmentFile) != identity.dataset) refuse("on other data");
  const bool several = fs::exists(folder / run_name(0));
  if (several != (identity.runs > 1)) {
    refuse(several ? "of several (--runs)" : "that is the only one (--runs 1)");
  }
}

fs::path result_path(const fs::path& folder, int run, int runs) {
  return folder_of_run(folder, run, runs) / kResultFile;
}

RunDirectory::RunDirectory(const RunDirectoryOptions& options)
    : folder_(options.folder),
      runs_(options.runs),
      settings_(hyperparameters(options.recipe)),
      events_(static_cast<std::size_t>(options.runs)) {
  if (options.resume) {
    check_same_run(folder_, {options.recipe, options.environment.dataset, runs_});
  }
  try {
    fs::create_directories(folder_);
    // First, for what has it can be resumed.
    if (!options.resume) fs::remove(folder_ / kEnvironmentFile);
    write_text_atomically(folder_ / kRecipeFile, options.recipe);
    if (options.resume) {
      for (const char* lines : {kMetricsFile, kForgettingFile}) end_with_whole_line(folder_ / lines);
    } else {
      remove_results(folder_);
    }
    for (int run = 0; run < runs_; ++run) fs::create_directories(run_folder(run));
    write_text_atomically(folder_ / kEnvironmentFile, to_json(options.environment));
  } catch (const fs::filesystem_error& error) {
    throw InputError("run directory {}: cannot be written: {}", folder_.string(), error.code().message());
  } catch (const RunError& error) {
    throw InputError("run directory {}: {}", folder_.string(), error.what());
  }
  metrics_.open(folder_ / kMetricsFile, std::ios::app);
  if (!metrics_) throw InputError("run directory {}: {} cannot be written", folder_.string(), kMetricsFile);
}

void remove_checkpoints(const fs::path& folder, int runs) {
  fs::remove(folder / kCheckpointFile);
  for (int run = 0; run < runs; ++run) fs::remove(folder_of_run(folder, run, runs) / kCheckpointFile);
}

void RunDirectory::begin_run(int run, std::uint64_t seed, std::optional<int> fold) {
  std::vector<Hyperparameter> settings = settings_;
  settings.push_back({"seed", static_cast<double>(seed)});
  if (fold) settings.push_back({"fold", static_cast<double>(*fold)});
  events(run).begin(settings);
}

void RunDirectory::end_run(int run, const train::RunResult& result) {
  if (!result.failed) {
    const Scalar figures[] = {{"final/accuracy", result.accuracy},
                              {"final/train_seconds", result.seconds.train}};
    events(run).add(event_step(result.epochs), figures);
  }
  events(run).end(!result.failed);
  events_[static_cast<std::size_t>(run)].reset();  // a process may have too few files for a thousand runs
}

void RunDirectory::add_epoch(const train::EpochRecord& record, std::uint64_t seed) {
  metrics_ << metrics_line(record, seed) << std::flush;
  if (!metrics_) throw RunError("{}: cannot be written", (folder_ / kMetricsFile).string());
  events(record.run).add(event_step(record.epoch), scalars(record));
}

void RunDirectory::add_forgetting(const train::ForgettingRecord& record, std::uint64_t seed) {
  if (!forgetting_.is_open()) forgetting_.open(forgetting_path(), std::ios::app);
  forgetting_ << json_line(record, seed) << std::flush;
  if (!forgetting_) throw RunError("{}: cannot be written", forgetting_path().string());
  events(record.run).add(event_step(record.epoch), scalars(record));
}

fs::path RunDirectory::forgetting_path() const {
  return folder_ / kForgettingFile;
}

std::vector<train::EpochRecord> RunDirectory::epochs() const {
  return read_metrics(folder_ / kMetricsFile);
}

fs::path RunDirectory::checkpoint_path(int run) const {
  return run_folder(run) / kCheckpointFile;
}

fs::path RunDirectory::training_state_path(int run) const {
  return run_folder(run) / kTrainingStateFile;
}

fs::path RunDirectory::result_path(int run) const {
  return run::result_path(folder_, run, runs_);
}

bool RunDirectory::publish_checkpoint(int run) const {
  const fs::path own = checkpoint_path(run);
  if (!fs::exists(own)) return false;
  if (runs_ > 1) write_text_atomically(folder_ / kCheckpointFile, read_text(own));
  return true;
}

void RunDirectory::write_summary(std::string_view json) const {
  write_text_atomically(folder_ / kSummaryFile, json);
}

fs::path RunDirectory::run_folder(int run) const {
  return folder_of_run(folder_, run, runs_);
}

EventWriter& RunDirectory::events(int run) {
  std::unique_ptr<EventWriter>& writer = events_.at(static_cast<std::size_t>(run));
  if (!writer) writer = std::make_unique<EventWriter>(run_folder(run));
  return *writer;
}

}  // namespace ftl::run
