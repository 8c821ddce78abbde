#include "recipe/ablation.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <functional>

#include "base/error.hpp"
#include "graph/rewrite/layers.hpp"
#include "recipe/ablation_list.hpp"
#include "recipe/network.hpp"
#include "recipe/recipe.hpp"
#include "recipe/schema.hpp"
#include "recipe/settings.hpp"
#include "recipe/table.hpp"
#include "recipe/text_writer.hpp"

namespace ftl::recipe {
namespace {

using Layers = std::vector<graph::LayerDescription>;

LayerKeys keys_of(graph::LayerDescription layer) {
  TextWriter writer("");
  layer_keys(writer, layer);
  LayerKeys keys;
  for (const TextWriter::Entry& entry : writer.entries()) keys.emplace(entry.key, entry.value);
  return keys;
}

// Values that a recipe writes in several ways compare as TOML has them.
bool has_keys(const graph::LayerDescription& layer, const LayerKeys& wanted) {
  const toml::table table = layer_table(keys_of(layer));
  return std::ranges::all_of(wanted, [&](const auto& entry) {
    const toml::node* value = table.get(entry.first);
    return value != nullptr && toml_text(*value) == entry.second;
  });
}

bool found_at(const Layers& layers, std::size_t first, const std::vector<LayerKeys>& find) {
  if (first + find.size() > layers.size()) return false;
  for (std::size_t i = 0; i < find.size(); ++i) {
    if (!has_keys(layers[first + i], find[i])) return false;
  }
  return true;
}

// What takes the place of the stretch that starts at `first`.
Layers replacement(const Layers& layers, std::size_t first, const LayerEdit& edit) {
  Layers put;
  for (const PutLayer& wanted : edit.put) {
    LayerKeys keys;
    if (wanted.keep) keys = keys_of(layers[first + *wanted.keep]);
    for (const auto& [key, value] : wanted.keys) keys.insert_or_assign(key, value);
    keys.erase("name");
    const toml::table text = layer_table(keys);
    RecipeTable table(&text, "put");
    layer_keys(table, put.emplace_back(undescribed_layer()));
    table.reject_unknown_keys();
  }
  return put;
}

// How often it has found something, also in the shortcuts.
int apply(const LayerEdit& edit, Layers& layers) {
  int found = 0;
  for (std::size_t at = 0; at < layers.size();) {
    if (found_at(layers, at, edit.find)) {
      graph::replace_stretch(layers, at, edit.find.size(), replacement(layers, at, edit));
      at += edit.put.size();
      ++found;
      continue;
    }
    for (Layers* within : graph::layers_within(layers[at])) found += apply(edit, *within);
    ++at;
  }
  return found;
}

std::string shown(const std::vector<LayerKeys>& layers) {
  toml::array array;
  for (const LayerKeys& layer : layers) array.push_back(layer_table(layer));
  std::string text = toml_text(array);
  std::ranges::replace(text, '\n', ' ');
  return text;
}

// Leaves every key of the network written.
void apply(const std::vector<LayerEdit>& edits, toml::table& recipe) {
  graph::NetworkDescription network;
  RecipeTable(&recipe, "").table("network", [&](Keys& keys) { network_keys(keys, network); });
  for (const LayerEdit& edit : edits) {
    if (apply(edit, network.layers) == 0) throw InputError("no layers like {}", shown(edit.find));
  }
  TextWriter writer("network");
  network_keys(writer, network);
  recipe.insert_or_assign("network", toml::parse(writer.text()));
}

void apply(const Ablation& ablation, toml::table& recipe) {
  try {
    if (!ablation.layers.empty()) apply(ablation.layers, recipe);
    apply_settings(recipe, ablation.settings);
  } catch (const InputError& error) {
    throw InputError("ablation \"{}\": {}", ablation.name, error.what());
  }
}

}  // namespace

Recipe without_tricks(const WrittenRecipe& written, const std::vector<std::size_t>& tricks) {
  const Recipe recipe = read(written);
  std::vector<std::size_t> order = tricks;
  std::ranges::sort(order, std::greater());
  try {
    toml::table table = toml::parse(written.text);
    apply_settings(table, written.settings);
    table.erase("ablation");
    for (const std::size_t trick : order) apply(recipe.ablations.at(trick), table);
    return read_recipe(table, recipe.name);
  } catch (const InputError& error) {
    throw InputError("recipe {}: {}", recipe.name, error.what());
  }
}

}  // namespace ftl::recipe
