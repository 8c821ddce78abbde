// The folder that one `ftl train` leaves behind:
// - recipe.toml and environment.json, written at once, so that a folder that cannot be used is known before
//   training;
// - metrics.jsonl, a line an epoch, of all runs, and TensorBoard's events.out.tfevents.*;
// - forgetting.jsonl, a line an epoch, where forgetting is measured;
// - checkpoint.safetensors of the first run that succeeded;
// - training_state.safetensors while a run is unfinished, then result.json, for --resume;
// - summary.json.
// With several runs, each has its checkpoint, events, state and result in a folder run-1, run-2, ...
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "run/environment.hpp"
#include "run/event_writer.hpp"
#include "run/hyperparameters.hpp"
#include "train/result.hpp"

namespace ftl::run {

struct RunDirectoryOptions {
  std::filesystem::path folder;  // created with its parents
  int runs = 1;
  bool resume = false;  // goes on with what is there; otherwise the results of earlier runs in it are removed
  std::string recipe;   // recipe.toml
  Environment environment;
};

// Where run `run` (0 for the first) of `runs` in a run directory leaves its result once it is done.
std::filesystem::path result_path(const std::filesystem::path& folder, int run, int runs);

// What a run directory was begun with.
struct RunIdentity {
  std::string recipe;   // recipe.toml
  std::string dataset;  // its digest
  int runs = 1;
};
// Throws InputError naming the folder when it holds no run, or one of something else.
void check_same_run(const std::filesystem::path& folder, const RunIdentity& identity);

// Removes the checkpoints in a run directory, its own and its runs'; everything else stays.
void remove_checkpoints(const std::filesystem::path& folder, int runs);

class RunDirectory {
 public:
  // Throws InputError naming the folder when it cannot be created or written, or when it is to be resumed and
  // holds no run, or one of another recipe or dataset, or one instead of several.
  explicit RunDirectory(const RunDirectoryOptions& options);

  // Notes in a run's events what it is, before its first epoch, and once it is done, not merely interrupted,
  // how it ended. Throw RunError.
  void begin_run(int run, std::uint64_t seed, std::optional<int> fold = {});
  void end_run(int run, const train::RunResult& result);
  // Adds an epoch to metrics.jsonl and to its run's events, on disk when this returns. Throws RunError.
  void add_epoch(const train::EpochRecord& record, std::uint64_t seed);
  // The same for forgetting.jsonl.
  void add_forgetting(const train::ForgettingRecord& record, std::uint64_t seed);

  // The epochs of all runs so far, also those of earlier processes.
  std::vector<train::EpochRecord> epochs() const;

  // Where run `run` (0 for the first) saves its checkpoint.
  std::filesystem::path checkpoint_path(int run) const;
  // Where it keeps what it needs to go on, and its result once it is done.
  std::filesystem::path training_state_path(int run) const;
  std::filesystem::path result_path(int run) const;
  // Makes the checkpoint that `run` has saved the folder's own. Returns whether it is still there.
  bool publish_checkpoint(int run) const;

  void write_summary(std::string_view json) const;

  std::filesystem::path forgetting_path() const;  // there once it has a line
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path run_folder(int run) const;
  EventWriter& events(int run);

  std::filesystem::path folder_;
  int runs_;
  std::vector<Hyperparameter> settings_;
  std::ofstream metrics_;
  std::ofstream forgetting_;                          // open once it has a line
  std::vector<std::unique_ptr<EventWriter>> events_;  // of each run, once it has begun
};

}  // namespace ftl::run
