#include "recipe/ablation_list.hpp"

#include <fmt/format.h>

#include "recipe/table.hpp"

namespace ftl::recipe {
namespace {

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

constexpr const char* kKeep = "keep";

LayerKeys layer_keys_of(const toml::table& table) {
  LayerKeys keys;
  for (const auto& [key, value] : table) keys.emplace(key.str(), toml_text(value));
  return keys;
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
  LayerEdit edit;
  for (const toml::table& layer : read_tables(table, "find")) edit.find.push_back(layer_keys_of(layer));
  const std::vector<toml::table> put = read_tables(table, "put");
  table.reject_unknown_keys();
  table.check("find", !edit.find.empty(), "one layer or more");
  const auto count = static_cast<std::int64_t>(edit.find.size());
  for (const toml::table& layer : put) {
    PutLayer& read = edit.put.emplace_back();
    read.keys = layer_keys_of(layer);
    if (!layer.contains(kKeep)) continue;
    const auto kept = layer[kKeep].value_exact<std::int64_t>();
    table.check("put", kept && *kept >= 0 && *kept < count,
                fmt::format("layers whose keep is from 0 to {}", count - 1));
    read.keep = static_cast<std::size_t>(*kept);
    read.keys.erase(kKeep);
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
  Ablation ablation;
  table.string("name", ablation.name, Presence::required, "a string");
  ablation.settings = read_settings(table);
  ablation.layers = read_edits(table);
  table.reject_unknown_keys();
  if (ablation.settings.empty() && ablation.layers.empty()) {
    throw InputError("{} must have set or layers", table.path("name"));
  }
  return ablation;
}

toml::array layers_array(const std::vector<LayerEdit>& edits) {
  toml::array array;
  for (const LayerEdit& edit : edits) {
    toml::array find;
    for (const LayerKeys& layer : edit.find) find.push_back(layer_table(layer));
    toml::array put;
    for (const PutLayer& layer : edit.put) {
      toml::table table = layer_table(layer.keys);
      if (layer.keep) table.insert(kKeep, static_cast<std::int64_t>(*layer.keep));
      put.push_back(std::move(table));
    }
    array.push_back(toml::table{{"find", std::move(find)}, {"put", std::move(put)}});
  }
  return array;
}

toml::array settings_array(const std::vector<std::string>& settings) {
  toml::array array;
  for (const std::string& setting : settings) array.push_back(setting);
  return array;
}

}  // namespace

std::vector<Ablation> read_ablations(const toml::array& list) {
  std::vector<Ablation> ablations;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string path = fmt::format("ablation[{}]", i);
    if (!list[i].is_table()) throw InputError("{} must be a table, as in [[ablation]]", path);
    ablations.push_back(read_ablation(RecipeTable(list[i].as_table(), path)));
  }
  return ablations;
}

std::string ablations_text(const std::vector<Ablation>& ablations) {
  std::string text;
  for (const Ablation& ablation : ablations) {
    text += fmt::format("\n[[ablation]]\nname = {}\n", toml_text(ablation.name));
    if (!ablation.settings.empty()) {
      text += fmt::format("set = {}\n", toml_text(settings_array(ablation.settings)));
    }
    if (!ablation.layers.empty()) {
      text += fmt::format("layers = {}\n", toml_text(layers_array(ablation.layers)));
    }
  }
  return text;
}

toml::table layer_table(const LayerKeys& keys) {
  toml::table table;
  for (const auto& [key, value] : keys) {
    const toml::table parsed = toml::parse("value = " + value);
    table.insert(key, *parsed.get("value"));
  }
  return table;
}

}  // namespace ftl::recipe
