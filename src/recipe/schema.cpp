#include "recipe/schema.hpp"

#include <fmt/ranges.h>

#include "base/error.hpp"
#include "recipe/ablation.hpp"
#include "recipe/network.hpp"
#include "recipe/table.hpp"

namespace ftl::recipe {
namespace {

const std::array<Choice<data::Flip>, 3> kFlips{
    {{"none", data::Flip::none}, {"random", data::Flip::random}, {"alternating", data::Flip::alternating}}};

const std::array<Choice<data::Views>, 3> kViews{{{name(data::Views::plain), data::Views::plain},
                                                 {name(data::Views::mirror), data::Views::mirror},
                                                 {name(data::Views::six), data::Views::six}}};

const std::array<Choice<SelectionScores>, 2> kSelectionScores{
    {{"fresh", SelectionScores::fresh}, {"remembered", SelectionScores::remembered}}};

const std::array<Choice<optim::OptimizerKind>, 2> kOptimizers{
    {{"sgd", optim::OptimizerKind::sgd}, {"muon", optim::OptimizerKind::muon}}};

const std::array<Choice<optim::ScheduleKind>, 4> kSchedules{{{"constant", optim::ScheduleKind::constant},
                                                             {"linear", optim::ScheduleKind::linear},
                                                             {"one_cycle", optim::ScheduleKind::one_cycle},
                                                             {"cosine", optim::ScheduleKind::cosine}}};

std::vector<ResolutionStage> read_resolution(RecipeTable& training) {
  constexpr std::string_view kAllowed = "an array of stages, as in [{ size = 16, until = 3 }]";
  std::vector<ResolutionStage> stages;
  std::vector<std::string> resolved;
  const toml::array* array = training.array("resolution", kAllowed);
  for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
    if (!(*array)[i].is_table()) training.fail("resolution", kAllowed);
    RecipeTable table((*array)[i].as_table(), fmt::format("{}[{}]", training.path("resolution"), i));
    const int size = table.integer("size", count_from(1));
    const double until = table.number("until", above(i == 0 ? 0 : stages.back().until));
    table.reject_unknown_keys();
    stages.push_back({size, until});
    resolved.push_back(table.inline_table());
  }
  training.resolve("resolution", fmt::format("[{}]", fmt::join(resolved, ", ")));
  return stages;
}

void read_training(RecipeTable& table, Recipe& recipe) {
  recipe.batch = table.integer("batch", count_from(1));
  recipe.epochs = table.number("epochs", {.low = 0, .high = 1'000'000, .above_low = true});
  recipe.label_smoothing = table.number("label_smoothing", kShare, 0);
  recipe.holdout = table.number("holdout", kShare, 0);
  recipe.resolution = read_resolution(table);
}

data::AugmentationConfig read_augmentation(RecipeTable& table) {
  data::AugmentationConfig config;
  config.pad = table.integer("pad", count_from(0), config.pad);
  config.flip = table.choice("flip", kFlips, config.flip);
  config.cutout = table.integer("cutout", count_from(0), config.cutout);
  config.cutmix = table.integer("cutmix", count_from(0), config.cutmix);
  config.cutmix_start = table.number("cutmix_start", at_least(0), config.cutmix_start);
  config.brightness = static_cast<float>(table.number("brightness", kShare, config.brightness));
  config.contrast = static_cast<float>(table.number("contrast", kShare, config.contrast));
  return config;
}

optim::ScheduleConfig read_schedule(RecipeTable& table) {
  optim::ScheduleConfig config;
  config.kind = table.choice("kind", kSchedules, config.kind);
  config.warmup = table.number("warmup", kShare, config.warmup);
  config.start = table.number("start", at_least(0), config.start);
  config.end = table.number("end", at_least(0), config.end);
  config.until = table.number("until", at_least(0), config.until);
  table.reject_unknown_keys();
  if (config.kind == optim::ScheduleKind::one_cycle && config.warmup == 0) {
    throw InputError("{} must be above 0 for a one_cycle schedule", table.path("warmup"));
  }
  return config;
}

OptimizerGroup read_optimizer_group(RecipeTable& table) {
  OptimizerGroup group;
  optim::OptimizerConfig& optimizer = group.optimizer;
  optimizer.kind = table.choice("kind", kOptimizers, optimizer.kind);
  optimizer.learning_rate = table.number("lr", at_least(0));
  optimizer.momentum = table.number("momentum", kShare, optimizer.momentum);
  optimizer.nesterov = table.boolean("nesterov", optimizer.nesterov);
  optimizer.weight_decay = table.number("weight_decay", at_least(0), optimizer.weight_decay);
  optimizer.newton_schulz_steps =
      table.integer("newton_schulz_steps", {.low = 1, .high = 100}, optimizer.newton_schulz_steps);
  optimizer.normalize_every = table.integer("normalize_every", count_from(0), optimizer.normalize_every);
  group.train_until = table.number("train_until", at_least(0), group.train_until);
  RecipeTable schedule = table.table("schedule");
  group.schedule = read_schedule(schedule);
  table.resolve("schedule", schedule.inline_table());
  return group;
}

SelectionConfig read_selection(RecipeTable& table) {
  SelectionConfig config;
  config.keep = table.number("keep", {.low = 0, .high = 1, .above_low = true}, config.keep);
  config.start = table.number("start", at_least(0), config.start);
  config.until = table.number("until", at_least(0), config.until);
  config.scores = table.choice("scores", kSelectionScores, config.scores);
  config.size = table.integer("size", count_from(0), config.size);
  if (config.size > 0 && config.scores == SelectionScores::remembered) {
    throw InputError("{} is {}; it must be 0 (or left out) for {} = \"remembered\", which scores no pictures",
                     table.path("size"), config.size, table.path("scores"));
  }
  if (config.until > 0 && config.until <= config.start) {
    throw InputError("{} is {}; it must be above {}, which is {}, or 0", table.path("until"), config.until,
                     table.path("start"), config.start);
  }
  return config;
}

EmaConfig read_ema(RecipeTable& table, bool present) {
  EmaConfig config;
  config.enabled = table.boolean("enabled", present);
  config.start_epoch = table.number("start_epoch", at_least(0), config.start_epoch);
  config.every = table.integer("every", count_from(1), config.every);
  config.decay = table.number("decay", kShare, config.decay);
  return config;
}

EvaluationConfig read_evaluation(RecipeTable& table) {
  EvaluationConfig config;
  config.views = table.choice("views", kViews, config.views);
  config.views_fraction =
      table.number("views_fraction", {.low = 0, .high = 1, .above_low = true}, config.views_fraction);
  return config;
}

struct Fallback {
  graph::ParameterRole role;
  graph::ParameterRole
      otherwise;  // the role whose table is taken when this one has none; itself: the table is required
};

constexpr std::array<Fallback, 5> kFallbacks{
    {{graph::ParameterRole::filters, graph::ParameterRole::filters},
     {graph::ParameterRole::linear, graph::ParameterRole::filters},
     {graph::ParameterRole::biases, graph::ParameterRole::biases},
     {graph::ParameterRole::scales, graph::ParameterRole::biases},
     {graph::ParameterRole::whiten_bias, graph::ParameterRole::biases}}};

class RecipeReader {
 public:
  RecipeReader(const toml::table& toml, const std::string& default_name) : root_(&toml, "") {
    recipe_.name = root_.string("name", default_name);
    recipe_.description = root_.string("description", "");
    recipe_.source = root_.string("source", "");
    recipe_.toml = root_.lines();
  }

  Recipe read() {
    section("train", [&](RecipeTable& table) { read_training(table, recipe_); });
    section("augment", [&](RecipeTable& table) { recipe_.augmentation = read_augmentation(table); });
    section("network", [&](RecipeTable& table) { recipe_.network = read_network(table); });
    read_optimizers();
    section("select", [&](RecipeTable& table) { recipe_.selection = read_selection(table); });
    const bool has_ema = root_.find("ema") != nullptr;
    section("ema", [&](RecipeTable& table) { recipe_.ema = read_ema(table, has_ema); });
    section("eval", [&](RecipeTable& table) { recipe_.evaluation = read_evaluation(table); });
    const toml::array* ablations = root_.array("ablation", "an array of tables, as in [[ablation]]");
    if (ablations != nullptr) recipe_.toml += read_ablations(*ablations);
    root_.reject_unknown_keys();
    return std::move(recipe_);
  }

 private:
  template <class Read>
  void section(std::string_view key, const Read& read) {
    read_section(root_.table(key), root_.path(key), read);
  }

  template <class Read>
  void read_section(RecipeTable table, const std::string& title, const Read& read) {
    read(table);
    table.reject_unknown_keys();
    recipe_.toml += fmt::format("\n[{}]\n{}", title, table.lines());
  }

  void read_optimizers() {
    RecipeTable optimizers = root_.table("optimizer");
    for (const auto& [role, otherwise] : kFallbacks) {
      const std::string_view key = optimizers.find(name(role)) != nullptr ? name(role) : name(otherwise);
      if (optimizers.find(key) == nullptr) optimizers.fail_missing(key, "a table with at least lr");
      read_section(optimizers.table(key), optimizers.path(name(role)), [this, of = role](RecipeTable& table) {
        recipe_.optimizers[of] = read_optimizer_group(table);
      });
      reject_muon_outside_filters(role, optimizers.path(name(role)));
    }
    optimizers.reject_unknown_keys();
  }

  void reject_muon_outside_filters(graph::ParameterRole role, const std::string& path) const {
    const bool is_muon = recipe_.optimizers.at(role).optimizer.kind == optim::OptimizerKind::muon;
    if (role == graph::ParameterRole::filters || !is_muon) return;
    throw InputError(
        "{}.kind must be \"sgd\": muon is for filters only{}", path,
        role == graph::ParameterRole::linear ? " (without a table of its own, linear takes filters')" : "");
  }

  RecipeTable root_;
  Recipe recipe_;
};

}  // namespace

Recipe read_recipe(const toml::table& toml, const std::string& default_name) {
  return RecipeReader(toml, default_name).read();
}

}  // namespace ftl::recipe
