#include "recipe/schema.hpp"

#include <fmt/ranges.h>

#include "base/error.hpp"
#include "recipe/ablation_list.hpp"
#include "recipe/network.hpp"
#include "recipe/table.hpp"
#include "recipe/text_writer.hpp"

namespace ftl::recipe {
namespace {

using graph::ParameterRole;

const std::array<Choice<data::Flip>, 3> kFlips{
    {{"none", data::Flip::none}, {"random", data::Flip::random}, {"alternating", data::Flip::alternating}}};

const std::array<Choice<data::Views>, 3> kViews{{{name(data::Views::plain), data::Views::plain},
                                                 {name(data::Views::mirror), data::Views::mirror},
                                                 {name(data::Views::six), data::Views::six}}};

const std::array<Choice<SelectionScores>, 2> kSelectionScores{
    {{"fresh", SelectionScores::fresh}, {"remembered", SelectionScores::remembered}}};

constexpr ListForm kStages{.elements = "stages", .example = "{ size = 16, until = 3 }", .at_least_one = ""};

void resolution_keys(Keys& keys, std::vector<ResolutionStage>& stages) {
  stages.resize(keys.list("resolution", stages.size(), kStages));
  for (std::size_t i = 0; i < stages.size(); ++i) {
    keys.element("resolution", i, kStages, [&](Keys& stage) {
      stage.integer("size", stages[i].size, count_from(1), Presence::required);
      stage.number("until", stages[i].until, above(i == 0 ? 0 : stages[i - 1].until), Presence::required);
    });
  }
}

void training_keys(Keys& keys, Recipe& recipe) {
  keys.integer("batch", recipe.batch, count_from(1), Presence::required);
  keys.number("epochs", recipe.epochs, {.low = 0, .high = 1'000'000, .above_low = true}, Presence::required);
  keys.number("label_smoothing", recipe.label_smoothing, kShare);
  keys.number("holdout", recipe.holdout, kShare);
  resolution_keys(keys, recipe.resolution);
}

void augmentation_keys(Keys& keys, data::AugmentationConfig& config) {
  keys.integer("pad", config.pad, count_from(0));
  keys.choice("flip", config.flip, kFlips);
  keys.integer("cutout", config.cutout, count_from(0));
  keys.integer("cutmix", config.cutmix, count_from(0));
  keys.number("cutmix_start", config.cutmix_start, at_least(0));
  keys.number("brightness", config.brightness, kShare);
  keys.number("contrast", config.contrast, kShare);
}

void optimizer_group_keys(Keys& keys, OptimizerGroup& group) {
  optim::optimizer_keys(keys, group.optimizer);
  keys.number("train_until", group.train_until, at_least(0));
  keys.table("schedule", [&](Keys& schedule) { group.schedule.keys(schedule); });
}

void check_suits_role(ParameterRole role, const optim::OptimizerRule& rule, const std::string& path) {
  if (role == ParameterRole::filters || !is_for_filters_only(rule)) return;
  std::vector<std::string> allowed;
  for (const optim::OptimizerRule& other : optim::optimizer_rules()) {
    if (!is_for_filters_only(other)) allowed.push_back(fmt::format("\"{}\"", name(other)));
  }
  throw InputError(
      "{}.kind must be {}: {} is for filters only{}", path, fmt::join(allowed, " or "), name(rule),
      role == ParameterRole::linear ? " (without a table of its own, linear takes filters')" : "");
}

void optimizers_keys(Keys& keys, Recipe& recipe) {
  for (const RoleTable& table : role_tables()) {
    OptimizerGroup& group = recipe.optimizers[table.role];
    keys.required_section(name(table.role), "a table with at least lr",
                          [&](Keys& group_keys) { optimizer_group_keys(group_keys, group); });
    check_suits_role(table.role, group.optimizer.rule, keys.path(name(table.role)));
  }
}

void selection_keys(Keys& keys, SelectionConfig& config) {
  keys.number("keep", config.keep, {.low = 0, .high = 1, .above_low = true});
  keys.number("start", config.start, at_least(0));
  keys.number("until", config.until, at_least(0));
  keys.choice("scores", config.scores, kSelectionScores);
  keys.integer("size", config.size, count_from(0));
  if (config.size > 0 && config.scores == SelectionScores::remembered) {
    throw InputError("{} is {}; it must be 0 (or left out) for {} = \"remembered\", which scores no pictures",
                     keys.path("size"), config.size, keys.path("scores"));
  }
  if (config.until > 0 && config.until <= config.start) {
    throw InputError("{} is {}; it must be above {}, which is {}, or 0", keys.path("until"), config.until,
                     keys.path("start"), config.start);
  }
}

void average_keys(Keys& keys, EmaConfig& config) {
  keys.boolean("enabled", config.enabled);
  keys.number("start_epoch", config.start_epoch, at_least(0));
  keys.integer("every", config.every, count_from(1));
  keys.number("decay", config.decay, kShare);
}

void evaluation_keys(Keys& keys, EvaluationConfig& config) {
  keys.choice("views", config.views, kViews);
  keys.number("views_fraction", config.views_fraction, {.low = 0, .high = 1, .above_low = true});
}

// All but the ablations.
void recipe_keys(Keys& keys, Recipe& recipe) {
  keys.string("name", recipe.name);
  keys.string("description", recipe.description);
  keys.string("source", recipe.source);
  keys.section("train", [&](Keys& table) { training_keys(table, recipe); });
  keys.section("augment", [&](Keys& table) { augmentation_keys(table, recipe.augmentation); });
  keys.section("network", [&](Keys& table) { network_keys(table, recipe.network); });
  keys.section("optimizer", [&](Keys& table) { optimizers_keys(table, recipe); });
  keys.section("select", [&](Keys& table) { selection_keys(table, recipe.selection); });
  keys.section("ema", [&](Keys& table) { average_keys(table, recipe.ema); });
  keys.section("eval", [&](Keys& table) { evaluation_keys(table, recipe.evaluation); });
}

// Gives each role without a table a copy of the one that it takes.
void fill_in_optimizers(toml::table& recipe) {
  toml::table* optimizers = recipe["optimizer"].as_table();
  if (optimizers == nullptr) return;
  for (const RoleTable& table : role_tables()) {
    const toml::node* other = optimizers->get(name(table.otherwise));
    if (other != nullptr) optimizers->insert(name(table.role), *other);
  }
}

}  // namespace

const std::array<RoleTable, 5>& role_tables() {
  static constexpr std::array<RoleTable, 5> kTables{{{ParameterRole::filters, ParameterRole::filters},
                                                     {ParameterRole::linear, ParameterRole::filters},
                                                     {ParameterRole::biases, ParameterRole::biases},
                                                     {ParameterRole::scales, ParameterRole::biases},
                                                     {ParameterRole::whiten_bias, ParameterRole::biases}}};
  return kTables;
}

Recipe read_recipe(toml::table table, const std::string& default_name) {
  Recipe recipe;
  recipe.name = default_name;
  recipe.ema.enabled = table.contains("ema");
  fill_in_optimizers(table);
  RecipeTable root(&table, "");
  recipe_keys(root, recipe);
  const toml::array* ablations = root.array("ablation", "an array of tables, as in [[ablation]]");
  if (ablations != nullptr) recipe.ablations = read_ablations(*ablations);
  root.reject_unknown_keys();
  return recipe;
}

std::string to_toml(const Recipe& recipe) {
  TextWriter root("");
  Recipe written = recipe;
  recipe_keys(root, written);
  return root.text() + ablations_text(recipe.ablations);
}

std::vector<std::string> optimizer_key_names(std::string_view kind) {
  std::vector<std::string> names;
  for (const optim::OptimizerRule& rule : optim::optimizer_rules()) {
    if (name(rule) != kind) continue;
    OptimizerGroup group{.optimizer = {.rule = rule}, .schedule = {}};
    TextWriter writer("");
    optimizer_group_keys(writer, group);
    for (const TextWriter::Entry& entry : writer.entries()) names.push_back(entry.key);
  }
  return names;
}

}  // namespace ftl::recipe
