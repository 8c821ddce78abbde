#include "train/run_directory.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/file.hpp"
#include "train/json_file.hpp"
#include "train/metrics_file.hpp"

namespace ftl::train {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMetrics = "metrics.jsonl";
constexpr const char* kForgetting = "forgetting.jsonl";
constexpr const char* kCheckpoint = "checkpoint.safetensors";
constexpr const char* kSummary = "summary.json";
constexpr const char* kRecipe = "recipe.toml";
constexpr const char* kEnvironment = "environment.json";
constexpr const char* kTrainingState = "training_state.safetensors";
constexpr const char* kResult = "result.json";
constexpr std::string_view kEventsPrefix = "events.out.tfevents.";
constexpr std::string_view kRunPrefix = "run-";

bool is_result(const std::string& name) {
  return name == kMetrics || name == kForgetting || name == kCheckpoint || name == kSummary ||
         name == kTrainingState || name == kResult || name.starts_with(kEventsPrefix);
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

std::vector<Scalar> scalars(const EpochRecord& record) {
  std::vector<Scalar> values = {{"loss/train", record.train_loss},
                                {"loss/validation", record.val_loss},
                                {"accuracy/train", record.train_accuracy},
                                {"accuracy/validation", record.val_accuracy}};
  if (record.ema_val_accuracy) values.push_back({"accuracy/validation_ema", *record.ema_val_accuracy});
  return values;
}

std::vector<Scalar> scalars(const ForgettingRecord& record) {
  std::vector<Scalar> values;
  const auto add = [&](const char* tag, const GroupScore& score) {
    if (score.pictures > 0) values.push_back({tag, score.loss});
  };
  add("forgetting/loss_recent", record.by_age.front());
  add("forgetting/loss_oldest", record.by_age.back());
  return values;
}

}  // namespace

void check_same_run(const fs::path& folder, const RunIdentity& identity) {
  if (!fs::exists(folder / kRecipe) || !fs::exists(folder / kEnvironment)) {
    throw InputError("run directory {}: holds no run to go on with; without --resume one is begun",
                     folder.string());
  }
  const auto refuse = [&](const char* difference) {
    throw InputError("run directory {}: holds a run {}; go on with the same, or name another --out",
                     folder.string(), difference);
  };
  if (read_text(folder / kRecipe) != identity.recipe) refuse("of another recipe or --set");
  const auto environment = nlohmann::json::parse(read_text(folder / kEnvironment), nullptr, false);
  if (!environment.is_object() || environment.value("dataset", "") != identity.dataset) {
    refuse("on other data");
  }
  const bool several = fs::exists(folder / run_name(0));
  if (several != (identity.runs > 1)) {
    refuse(several ? "of several (--runs)" : "that is the only one (--runs 1)");
  }
}

fs::path result_path(const fs::path& folder, int run, int runs) {
  return folder_of_run(folder, run, runs) / kResult;
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
    write_text_atomically(folder_ / kRecipe, options.recipe);
    if (options.resume) {
      for (const char* lines : {kMetrics, kForgetting}) end_with_whole_line(folder_ / lines);
    } else {
      remove_results(folder_);
    }
    for (int run = 0; run < runs_; ++run) fs::create_directories(run_folder(run));
    // Last: what has it can be resumed.
    write_text_atomically(folder_ / kEnvironment, to_json(options.environment));
  } catch (const fs::filesystem_error& error) {
    throw InputError("run directory {}: cannot be written: {}", folder_.string(), error.code().message());
  } catch (const RunError& error) {
    throw InputError("run directory {}: {}", folder_.string(), error.what());
  }
  metrics_.open(folder_ / kMetrics, std::ios::app);
  if (!metrics_) throw InputError("run directory {}: {} cannot be written", folder_.string(), kMetrics);
}

void remove_checkpoints(const fs::path& folder, int runs) {
  fs::remove(folder / kCheckpoint);
  for (int run = 0; run < runs; ++run) fs::remove(folder_of_run(folder, run, runs) / kCheckpoint);
}

void RunDirectory::begin_run(int run, std::uint64_t seed, std::optional<int> fold) {
  std::vector<Hyperparameter> settings = settings_;
  settings.push_back({"seed", static_cast<double>(seed)});
  if (fold) settings.push_back({"fold", static_cast<double>(*fold)});
  events(run).begin(settings);
}

void RunDirectory::end_run(int run, const RunResult& result) {
  if (!result.failed) {
    const Scalar figures[] = {{"final/accuracy", result.accuracy},
                              {"final/train_seconds", result.seconds.train}};
    events(run).add(event_step(result.epochs), figures);
  }
  events(run).end(!result.failed);
  events_[static_cast<std::size_t>(run)].reset();  // a process may have too few files for a thousand runs
}

void RunDirectory::add_epoch(const EpochRecord& record, std::uint64_t seed) {
  metrics_ << metrics_line(record, seed) << std::flush;
  if (!metrics_) throw RunError("{}: cannot be written", (folder_ / kMetrics).string());
  events(record.run).add(event_step(record.epoch), scalars(record));
}

void RunDirectory::add_forgetting(const ForgettingRecord& record, std::uint64_t seed) {
  if (!forgetting_.is_open()) forgetting_.open(forgetting_path(), std::ios::app);
  forgetting_ << json_line(record, seed) << std::flush;
  if (!forgetting_) throw RunError("{}: cannot be written", forgetting_path().string());
  events(record.run).add(event_step(record.epoch), scalars(record));
}

fs::path RunDirectory::forgetting_path() const {
  return folder_ / kForgetting;
}

std::vector<EpochRecord> RunDirectory::epochs() const {
  return read_metrics(folder_ / kMetrics);
}

fs::path RunDirectory::checkpoint_path(int run) const {
  return run_folder(run) / kCheckpoint;
}

fs::path RunDirectory::training_state_path(int run) const {
  return run_folder(run) / kTrainingState;
}

fs::path RunDirectory::result_path(int run) const {
  return train::result_path(folder_, run, runs_);
}

void RunDirectory::publish_checkpoint(int run) const {
  const fs::path own = checkpoint_path(run);
  if (runs_ > 1 && fs::exists(own)) write_text_atomically(folder_ / kCheckpoint, read_text(own));
}

void RunDirectory::write_summary(std::string_view json) const {
  write_text_atomically(folder_ / kSummary, json);
}

fs::path RunDirectory::run_folder(int run) const {
  return folder_of_run(folder_, run, runs_);
}

EventWriter& RunDirectory::events(int run) {
  std::unique_ptr<EventWriter>& writer = events_.at(static_cast<std::size_t>(run));
  if (!writer) writer = std::make_unique<EventWriter>(run_folder(run));
  return *writer;
}

}  // namespace ftl::train
