// What `ftl train --out` left in a run directory, read back for reports.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lab/statistics.hpp"
#include "train/result.hpp"

namespace ftl::lab::report {

// A figure at the end of an epoch over the runs of a directory; NaN where no run has it.
struct Band {
  double mean = 0;
  double low = 0;   // of the lowest run
  double high = 0;  // of the highest run
};

// One epoch over all runs that came so far.
struct EpochFigures {
  double epoch = 0;
  Band train_loss;
  Band train_accuracy;
  Band val_loss;
  Band val_accuracy;
  Band ema_val_accuracy;
  double seconds = 0;  // of training so far, mean
};

// The figures of a metric across epochs, by the name that metrics.jsonl gives it.
struct Metric {
  std::string_view key;
  std::string_view title;
  Band EpochFigures::*figure;
};
std::vector<Metric> metrics();

// Figures that an unfinished run has not got are NaN or 0. Accuracies are fractions.
struct RunFolder {
  std::filesystem::path folder;
  std::string label;  // the folder's name
  std::string recipe;
  std::string recipe_toml;
  std::vector<std::pair<std::string, std::string>> environment;  // keys as in environment.json
  std::string dataset_digest;

  bool finished = false;  // there is a summary
  std::string dataset;
  std::string evaluated_on;
  int batch = 0;
  double epochs = 0;
  int runs = 0;
  int failed_runs = 0;
  std::vector<std::uint64_t> seeds;  // of accuracy.values, in their order
  Sample accuracy;
  Sample accuracy_plain;
  train::Seconds seconds;  // means
  double flop_per_run = 0;
  double tflops = 0;
  double fraction_of_peak = 0;
  double peak_memory_bytes = 0;

  std::vector<EpochFigures> curve;
  std::vector<train::ForgettingRecord> forgetting;  // read_forgetting
};

// A folder's name, also of "." and "runs/first/".
std::string last_name(const std::filesystem::path& folder);

// Whether the folder is one of `ftl train`.
bool is_run_folder(const std::filesystem::path& folder);

// Throws InputError naming the file and what is wrong with it.
RunFolder read_run_folder(const std::filesystem::path& folder);

}  // namespace ftl::lab::report
