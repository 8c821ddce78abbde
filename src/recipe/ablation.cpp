#include "recipe/ablation.hpp"

#include <algorithm>
#include <functional>
#include <sstream>

#include "base/error.hpp"
#include "recipe/length.hpp"
#include "recipe/schema.hpp"
#include "recipe/table.hpp"

namespace ftl::recipe {
namespace {

struct LayerEdit {
  std::vector<toml::table> find;
  std::vector<toml::table> put;
};

struct Ablation {
  std::string name;
  std::vector<std::string> settings;
  std::vector<LayerEdit> layers;
};

std::vector<std::string> read_settings(RecipeTable& table) {
  constexpr std::string_view kAllowed = "an array of settings, as in [\"ema.enabled=false\"]";
  std::vector<std::string> settings;
  const toml::array* array = table.array("set", kAllowed);
  for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
    if (!(*array)[i].is_string()) table.fail("set", kAllowed);
    settings.push_back((*array)[i].as_string()->get());
  }
  return settings;
}

std::vector<toml::table> read_tables(RecipeTable& table, std::string_view key) {
  constexpr std::string_view kAllowed = "an array of layers, as in [{ op = \"act\" }]";
  std::vector<toml::table> tables;
  const toml::array* array = table.array(key, kAllowed);
  if (array == nullptr) table.fail_missing(key, kAllowed);
  for (const toml::node& node : *array) {
    if (!node.is_table()) table.fail(key, kAllowed);
    tables.push_back(*node.as_table());
  }
  return tables;
}

LayerEdit read_edit(RecipeTable table) {
  LayerEdit edit{read_tables(table, "find"), read_tables(table, "put")};
  table.reject_unknown_keys();
  if (edit.find.empty()) table.fail("find", "one layer or more");
  const auto count = static_cast<std::int64_t>(edit.find.size());
  for (const toml::table& layer : edit.put) {
    if (!layer.contains("keep")) continue;
    const auto kept = layer["keep"].value_exact<std::int64_t>();
    if (!kept || *kept < 0 || *kept >= count) {
      table.fail("put", fmt::format("layers whose keep is from 0 to {}", count - 1));
    }
  }
  return edit;
}

std::vector<LayerEdit> read_edits(RecipeTable& table) {
  constexpr std::string_view kAllowed =
      "an array of changes, as in [{ find = [{ op = \"act\" }], put = [] }]";
  std::vector<LayerEdit> edits;
  const toml::array* array = table.array("layers", kAllowed);
  for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
    if (!(*array)[i].is_table()) table.fail("layers", kAllowed);
    edits.push_back(
        read_edit(RecipeTable((*array)[i].as_table(), fmt::format("{}[{}]", table.path("layers"), i))));
  }
  return edits;
}

Ablation read_ablation(RecipeTable table) {
  Ablation ablation{table.string("name"), read_settings(table), read_edits(table)};
  table.reject_unknown_keys();
  if (ablation.settings.empty() && ablation.layers.empty()) {
    throw InputError("{} must have set or layers", table.path("name"));
  }
  return ablation;
}

std::vector<Ablation> read_list(const toml::array& list) {
  std::vector<Ablation> ablations;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string path = fmt::format("ablation[{}]", i);
    if (!list[i].is_table()) throw InputError("{} must be a table, as in [[ablation]]", path);
    ablations.push_back(read_ablation(RecipeTable(list[i].as_table(), path)));
  }
  return ablations;
}

std::string text_of(const toml::node& node) {
  std::ostringstream text;
  text << toml::toml_formatter(node, toml::format_flags::none);
  return text.str();
}

bool has_keys(const toml::node& layer, const toml::table& wanted) {
  const toml::table* table = layer.as_table();
  return table != nullptr && std::ranges::all_of(wanted, [&](const auto& entry) {
           const toml::node* value = table->get(entry.first.str());
           return value != nullptr && text_of(*value) == text_of(entry.second);
         });
}

bool found_at(const toml::array& layers, std::size_t first, const std::vector<toml::table>& find) {
  if (first + find.size() > layers.size()) return false;
  for (std::size_t i = 0; i < find.size(); ++i) {
    if (!has_keys(layers[first + i], find[i])) return false;
  }
  return true;
}

// What takes the place of the stretch that starts at `first`.
std::vector<toml::table> replacement(const toml::array& layers, std::size_t first, const LayerEdit& edit) {
  std::vector<toml::table> put;
  std::optional<std::string> stretch_name;
  for (std::size_t i = 0; i < edit.find.size(); ++i) {
    if (const auto name = (*layers[first + i].as_table())["name"].value<std::string>()) stretch_name = name;
  }
  for (const toml::table& wanted : edit.put) {
    toml::table layer;
    if (const auto kept = wanted["keep"].value<std::size_t>()) layer = *layers[first + *kept].as_table();
    for (const auto& [key, value] : wanted) {
      if (key.str() != "keep") layer.insert_or_assign(key, value);
    }
    layer.erase("name");
    put.push_back(std::move(layer));
  }
  if (stretch_name && !put.empty()) put.back().insert_or_assign("name", *stretch_name);
  return put;
}

// How often it has found something, also in the shortcuts.
int apply(const LayerEdit& edit, toml::array& layers) {
  int found = 0;
  toml::array changed;
  for (std::size_t at = 0; at < layers.size();) {
    if (found_at(layers, at, edit.find)) {
      for (toml::table& layer : replacement(layers, at, edit)) changed.push_back(std::move(layer));
      at += edit.find.size();
      ++found;
      continue;
    }
    toml::table* layer = layers[at].as_table();
    toml::array* shortcut = layer != nullptr ? (*layer)["shortcut"].as_array() : nullptr;
    if (shortcut != nullptr) found += apply(edit, *shortcut);
    changed.push_back(layers[at++]);
  }
  layers = std::move(changed);
  return found;
}

void apply(const Ablation& ablation, toml::table& recipe) {
  try {
    for (const LayerEdit& edit : ablation.layers) {
      if (apply(edit, *recipe["network"]["layers"].as_array()) > 0) continue;
      toml::array wanted;
      for (const toml::table& layer : edit.find) wanted.push_back(layer);
      std::string shown = text_of(wanted);
      std::ranges::replace(shown, '\n', ' ');
      throw InputError("no layers like {}", shown);
    }
    apply_settings(recipe, ablation.settings);
  } catch (const InputError& error) {
    throw InputError("ablation \"{}\": {}", ablation.name, error.what());
  }
}

// Of a recipe as resolved.
std::vector<Ablation> ablations_of(const toml::table& recipe) {
  const toml::array* list = recipe["ablation"].as_array();
  return list != nullptr ? read_list(*list) : std::vector<Ablation>{};
}

}  // namespace

std::string read_ablations(const toml::array& list) {
  read_list(list);
  std::string text;
  for (const toml::node& node : list) {
    text += "\n[[ablation]]\n";
    for (const char* key : {"name", "set", "layers"}) {
      const toml::node* value = node.as_table()->get(key);
      if (value != nullptr) text += fmt::format("{} = {}\n", key, text_of(*value));
    }
  }
  return text;
}

std::vector<std::string> ablation_names(const Recipe& recipe) {
  std::vector<std::string> names;
  for (const Ablation& ablation : ablations_of(toml::parse(recipe.toml))) names.push_back(ablation.name);
  return names;
}

Recipe without_tricks(const Recipe& recipe, const std::vector<std::size_t>& tricks) {
  toml::table table = toml::parse(recipe.toml);
  const std::vector<Ablation> ablations = ablations_of(table);
  table.erase("ablation");
  std::vector<std::size_t> order = tricks;
  std::ranges::sort(order, std::greater());
  try {
    for (const std::size_t trick : order) apply(ablations.at(trick), table);
    return read_recipe(table, recipe.name);
  } catch (const InputError& error) {
    throw InputError("recipe {}: {}", recipe.name, error.what());
  }
}

}  // namespace ftl::recipe
