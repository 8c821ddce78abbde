// Which width and length of a recipe make the most of a given time on this machine.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "lab/machine.hpp"
#include "lab/run_cost.hpp"
#include "lab/scaling_study.hpp"

namespace ftl::lab {

struct BudgetOptions {
  std::string recipe;  // as recipe::load_recipe takes it
  std::vector<std::string> settings;
  const data::Dataset& dataset;  // as opened
  const Machine& machine;
  double seconds = 60;                // of training, as every figure of ftl counts it: without evaluation
  std::span<const ScalePoint> study;  // of the recipe; empty: the default rule
  // FLOP/s of one run.
  std::function<double(const RateOptions&)> rate = [](const RateOptions& of) { return measure_rate(of, 1); };
};

// A width, and what the time allows with it here.
struct BudgetCandidate {
  double width = 0;
  double epoch_seconds = 0;        // measured
  double epochs = 0;               // that fit, in tenths
  std::optional<double> accuracy;  // as the study's law expects
};

struct BudgetChoice {
  std::vector<BudgetCandidate> candidates;
  std::size_t chosen = 0;
  std::vector<std::string> settings;  // of the recipe, with the choice

  const BudgetCandidate& best() const { return candidates[chosen]; }
  double expected_seconds() const { return best().epoch_seconds * best().epochs; }
};

// What was asked for and what was chosen, to go on with the same after an interruption: another measurement
// would choose a little differently.
struct BudgetRecord {
  std::string recipe;  // as BudgetOptions has them
  std::vector<std::string> settings;
  double seconds = 0;
  std::string study;  // its folder; empty: the default rule
  BudgetChoice choice;
};

// Writes it into the folder, which is created with its parents. Throws InputError when it cannot be written.
void save_budget(const std::filesystem::path& folder, const BudgetRecord& record);

// The one that the folder holds; nothing where it holds none. Throws InputError when that is of another
// request than this one, whose choice does not count.
std::optional<BudgetChoice> load_budget(const std::filesystem::path& folder, const BudgetRecord& request);

// Measures at several widths how fast a few training steps are. With a study, takes the width whose law of
// error over epochs (law_of_width) is lowest at the epochs that fit. Without, the widest of kDefaultWidths
// that fits the recipe's own number of epochs, which its schedules are made for, else the narrowest; more
// time than that goes into epochs. Throws InputError when not even a tenth of an epoch fits, or no width of
// the study has a law.
BudgetChoice choose_for_budget(const BudgetOptions& options);

inline constexpr double kDefaultWidths[] = {0.25, 0.5, 0.75, 1, 1.5, 2};

}  // namespace ftl::lab
