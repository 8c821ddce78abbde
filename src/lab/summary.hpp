// The figures of one or more runs with the same settings: what summary.json and --json hold.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "lab/machine.hpp"
#include "lab/protocol.hpp"
#include "lab/statistics.hpp"
#include "recipe/recipe.hpp"
#include "train/result.hpp"

namespace ftl::lab {

// What the runs have in common.
struct RunSettings {
  std::string recipe;
  std::string dataset;
  int classes = 0;
  std::int64_t train_images = 0;
  std::int64_t test_images = 0;
  int batch = 0;
  std::string isa;
  int threads = 1;
  std::string version;                 // of ftl
  double peak_tflops = 0;              // measured on this machine
  std::int64_t peak_memory_bytes = 0;  // of the process; 0: not known
  int runs = 0;                        // asked for
  std::optional<double> target_accuracy{};
  double holdout = 0;  // above 0: the test images are this share of the training pictures, held out
  int folds = 0;       // above 0: they are one of so many parts of the training pictures, another in each run
  Protocol protocol = Protocol::hlb;  // of protocol_seconds; dawnbench looks at target_accuracy
};

// Of `runs` runs of the recipe on the dataset (train::dataset_for the recipe).
RunSettings settings_of(const recipe::Recipe& recipe, const data::Dataset& dataset, const Machine& machine,
                        int runs);

struct Failure {
  std::uint64_t seed = 0;
  std::string reason;
};

// Figures are of the runs that ended well; of the interrupted ones where there are no others.
struct Summary {
  RunSettings settings;
  int runs = 0;  // started, failed ones included
  std::vector<std::uint64_t> seeds;
  std::vector<Failure> failures;
  bool interrupted = false;  // a run was ended early, or not begun
  Sample accuracy;
  Sample accuracy_plain;
  Sample protocol_seconds;  // its mean is unknown where a run has none
  train::Seconds seconds;   // means
  double epochs = 0;        // mean
  double flop_per_run = 0;
  double tflops = 0;  // flop_per_run over the mean training time

  double fraction_of_peak() const { return tflops / settings.peak_tflops; }
  // Of "the mean accuracy of all possible runs is no higher than the target"; NaN without a target.
  double target_p_value() const;
  bool misses_target() const;
};

// Of the runs 0, 1, ... Their epochs, in order, are needed for dawnbench only.
Summary summarize(const RunSettings& settings, std::span<const train::RunResult> results,
                  std::span<const train::EpochRecord> epochs = {});

// An object with the keys that the documentation names; what is unknown is null. Ends with a newline.
std::string to_json(const Summary& summary);

}  // namespace ftl::lab
