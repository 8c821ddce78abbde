// A recipe: everything that decides what a training run computes, apart from the data and the seed.
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "data/augmentation.hpp"
#include "graph/description.hpp"
#include "graph/parameter.hpp"
#include "optim/optimizer_config.hpp"
#include "optim/schedule.hpp"
#include "recipe/ablation.hpp"

namespace ftl::recipe {

struct OptimizerGroup {
  optim::OptimizerConfig optimizer;
  optim::ScheduleConfig schedule;
  double train_until = 0;  // epochs; afterwards frozen. 0: never

  friend bool operator==(const OptimizerGroup&, const OptimizerGroup&) = default;
};

struct EmaConfig {
  bool enabled = false;
  double start_epoch = 0;
  int every = 1;        // steps
  double decay = 0.99;  // applied each time

  friend bool operator==(const EmaConfig&, const EmaConfig&) = default;
};

enum class SelectionScores {
  fresh,       // of a forward pass over the drawn pictures; the hardest are taken (train/hard_pictures.hpp)
  remembered,  // of the last step that trained on a picture; a chance in proportion
               // (train/remembered_scores.hpp)
};

// Selective backprop.
struct SelectionConfig {
  SelectionScores scores = SelectionScores::fresh;
  double keep = 1;   // share of the drawn pictures to train on; 1: no selection
  double start = 0;  // epochs
  double until = 0;  // epochs; 0: to the end
  int size = 0;      // of fresh scores, in pixels along the shorter side; 0: as trained

  bool remembers() const { return keep < 1 && scores == SelectionScores::remembered; }
  bool selects_at(double epoch) const { return keep < 1 && epoch >= start && (until == 0 || epoch < until); }

  friend bool operator==(const SelectionConfig&, const SelectionConfig&) = default;
};

struct EvaluationConfig {
  data::Views views = data::Views::plain;
  // Only this share of pictures, those whose plain view is least confident (smallest gap between the two
  // largest logits), gets all the views; 1: every picture.
  double views_fraction = 1.0;

  friend bool operator==(const EvaluationConfig&, const EvaluationConfig&) = default;
};

// Training pictures of one size until an epoch (progressive resizing: Howard et al., DAWNBench 2018).
struct ResolutionStage {
  int size = 0;      // pixels along the shorter side; the other side in proportion
  double until = 0;  // epochs; may be fractional

  friend bool operator==(const ResolutionStage&, const ResolutionStage&) = default;
};

struct Recipe {
  std::string name;
  std::string description;  // one line
  std::string source;       // where its figures come from

  data::AugmentationConfig augmentation;
  graph::NetworkDescription network;

  int batch = 0;
  double epochs = 0;  // may be fractional
  double label_smoothing = 0;
  double holdout = 0;  // share of the training pictures to evaluate on; 0: the test split
  std::vector<ResolutionStage> resolution;  // `until` rises; afterwards the pictures' own size
  // A table [optimizer.<role>] for each role that the network's parameters have; a role without one takes the
  // table of `filters` (linear) or of `biases` (whiten_bias, scales).
  std::map<graph::ParameterRole, OptimizerGroup> optimizers;
  SelectionConfig selection;
  EmaConfig ema;
  EvaluationConfig evaluation;
  std::vector<Ablation> ablations;  // in the order of the list

  friend bool operator==(const Recipe&, const Recipe&) = default;
};

// Whose table a role takes that has none; its own: the table is required.
struct RoleTable {
  graph::ParameterRole role;
  graph::ParameterRole otherwise;
};
// In the order in which a recipe's text has them.
const std::array<RoleTable, 5>& role_tables();

struct RecipeSummary {
  std::string name;
  std::string description;
};
std::vector<RecipeSummary> list_recipes();

// A recipe's own text, comments and all: an embedded recipe's by name, or a file's by path (anything that
// contains a '/' or ends in .toml). Throws InputError naming the known ones.
std::string recipe_text(std::string_view name_or_path);

// A recipe as it is written, and `key=value` settings to be applied in order, e.g. "train.epochs=2",
// "network.layers[3].out=64". Values are TOML; a bare word is a string. Keys that the text leaves out still
// follow others when those are set: a role without a table takes another's, and an [ema] that is set is
// enabled.
struct WrittenRecipe {
  std::string origin;  // names it in errors
  std::string text;
  std::vector<std::string> settings;

  // With further settings, applied after these.
  WrittenRecipe with(const std::vector<std::string>& further) const;
  // The roles that have a table of their own. Throws as read() does.
  std::vector<graph::ParameterRole> roles_with_table() const;
};

// An embedded recipe by name, or a file by path.
WrittenRecipe written_recipe(std::string_view name_or_path, std::vector<std::string> settings = {});

// With another number of epochs, all that the recipe says of single ones moves in proportion
// (recipe/length.hpp); with another kind of optimizer, what its table says for the former kind falls away
// (recipe/settings.hpp). Throws InputError with the key's full name and what is allowed, for unknown keys,
// wrong types and values out of range.
Recipe read(const WrittenRecipe& written);
Recipe load_recipe(std::string_view name_or_path, const std::vector<std::string>& settings = {});
Recipe parse_recipe(std::string_view toml, std::string_view origin,
                    const std::vector<std::string>& settings = {});

// A recipe that to_toml wrote, perhaps in an earlier version, e.g. the one in a checkpoint.
Recipe parse_stored_recipe(std::string_view toml, std::string_view origin);

// The recipe as TOML with every key. Reading it gives the same recipe. Throws InputError naming the key for a
// value that no recipe may have.
std::string to_toml(const Recipe& recipe);

// Throws InputError unless the recipe still trains at the epoch that --epoch says.
void check_epoch(const Recipe& recipe, double epoch);

// Whether the text of a recipe that was stored earlier says what `text` says; a key that came since has its
// default in it. Remarks before the first key count, too: they are of how the recipe is run.
bool is_same_recipe(const std::string& stored, const std::string& text);

}  // namespace ftl::recipe
