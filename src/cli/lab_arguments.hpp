// What the commands that make many runs have in common: their options, what they run with, how far they are.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "cli/dataset_arguments.hpp"
#include "cli/options.hpp"
#include "cli/progress_line.hpp"
#include "lab/machine.hpp"
#include "machine/limits.hpp"
#include "recipe/recipe.hpp"
#include "train/result.hpp"

namespace ftl::cli {

struct LabArguments {
  DatasetArguments dataset;
  std::vector<std::string> settings;
  std::optional<double> holdout;
  std::uint64_t seed = 0;
  int threads = default_threads();
  std::string out;
  bool dry_run = false;
  bool quiet = false;
  std::string json;

  // `settings`, with what other options say in a recipe's keys.
  std::vector<std::string> recipe_settings() const;
};

void add_lab_options(Command command, LabArguments& arguments);

// Opens the data and readies the machine. Everything but JSON goes to `messages`.
struct LabSession {
  explicit LabSession(const LabArguments& arguments);

  std::FILE* messages;
  data::Dataset dataset;
  ThreadPool threads;
  lab::Machine machine;
};

// --out, else a new folder of the name and the date.
std::filesystem::path lab_folder(const LabArguments& arguments, const std::string& name);

// Calls `run`; when Ctrl-C ends it, the error says how to go on in `folder`.
template <class Run>
auto resumable_in(const std::filesystem::path& folder, const Run& run) {
  try {
    return run();
  } catch (const Interruption&) {
    throw RunError("interrupted; the same command with --out {} goes on", folder.string());
  }
}

// How far many runs are, on a terminal.
class LabProgress final : public train::TrainingObserver {
 public:
  struct Plan {
    std::string what;
    std::vector<double> weights;  // the runs' expected shares of the time, in their order
    std::size_t finished = 0;     // of the first of them, in an earlier process
    bool at_most = false;         // there may be fewer
    bool quiet = false;
  };
  explicit LabProgress(Plan plan);
  void on_step(std::int64_t done, std::int64_t total, double train_seconds) override;
  // So that something else can be printed.
  void erase() { line_.erase(); }

 private:
  Plan plan_;
  ProgressLine line_;
  std::size_t run_;
  std::int64_t last_step_ = 0;
};

}  // namespace ftl::cli
