// Whether one setting is better than another: runs of both with the same seeds, and what they say.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "lab/hypothesis_tests.hpp"
#include "lab/machine.hpp"
#include "lab/statistics.hpp"
#include "recipe/recipe.hpp"
#include "train/result.hpp"

namespace ftl::lab {

inline constexpr const char* kCompareKind = "compare";

// One of the two.
struct Contestant {
  std::string label;
  std::vector<train::RunResult> runs;
  std::string judge{};  // the pictures that its accuracies are of; empty where there can be only one
};

// Go on until the sequential test (lab/sequential_test.hpp) is decided at this p, or for so many pairs.
struct StoppingRule {
  double p_value = 0.05;
  int max_pairs = 50;
};

struct ContestantFigures {
  std::string label;
  Sample accuracy;
  Sample train_seconds;
  int failed = 0;  // runs, in no figure
};

// Differences are the first's minus the second's. Pairs are runs with the same seed, in cross-validation also
// of the same fold, of which neither failed.
struct Comparison {
  ContestantFigures first;
  ContestantFigures second;
  int pairs = 0;
  Difference accuracy;  // paired
  Difference accuracy_welch;
  Difference train_seconds;  // paired
  // Pairs, those there are included, that would decide by `decision` for the effect as it is seen; with a
  // rule, by that. kUndecidable when hopeless.
  int pairs_to_decide = 0;
  Decision decision{};
  double always_valid_p_value = 1;
  std::optional<StoppingRule> rule;

  bool decided_by_rule() const { return rule && always_valid_p_value <= rule->p_value; }
};

// Throws InputError naming both when different pictures have judged them.
Comparison compare(const Contestant& first, const Contestant& second,
                   const std::optional<StoppingRule>& rule = {});

// An object; what is unknown is null. Ends with a newline.
std::string to_json(const Comparison& comparison);

// The runs of a finished run directory; its label is its path. Throws InputError naming it otherwise.
Contestant load_contestant(const std::filesystem::path& folder);

struct ContestantPlan {
  std::string label;
  std::vector<std::string> settings;
  recipe::Recipe recipe;
  data::Dataset dataset;  // train::dataset_for the recipe
};

// Two runs with the same seed, and what all pairs up to them say.
struct NewPair {
  int number;  // 1 for the first
  const train::RunResult& first;
  const train::RunResult& second;
  const Comparison& so_far;
};

struct ComparisonOptions {
  const ContestantPlan& first;
  const ContestantPlan& second;
  const Machine& machine;
  std::filesystem::path folder;  // of the experiment; what it holds already is gone on with
  std::uint64_t seed = 0;
  int pairs = 5;                     // without a rule
  std::optional<StoppingRule> rule;  // a larger max_pairs than before goes on with the same guarantee
  train::TrainingObserver* observer = nullptr;
  std::function<void(const NewPair&)> on_pair{};
};

// Of the runs that the folder asks for, how many are done.
int finished_runs(const ComparisonOptions& options);

// Runs both alternately, one seed after the other. Throws InputError when the folder is of another
// comparison, Interruption after Ctrl-C.
Comparison run_comparison(const ComparisonOptions& options);

}  // namespace ftl::lab
