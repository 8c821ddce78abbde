#include "recipe/length.hpp"

#include <array>
#include <cmath>
#include <optional>
#include <string_view>

namespace ftl::recipe {
namespace {

// Nothing where it is missing or no number of epochs: reading the recipe says what is wrong.
std::optional<double> epochs_of(const toml::table& recipe) {
  const std::optional<double> epochs = recipe["train"]["epochs"].value<double>();
  return epochs && std::isfinite(*epochs) && *epochs > 0 ? epochs : std::nullopt;
}

void stretch(toml::table& table, std::string_view key, double factor) {
  const toml::node* node = table.get(key);
  if (node == nullptr || !node->is_number()) return;
  table.insert_or_assign(key, *node->value<double>() * factor);
}

// In a node and all below it.
void stretch_all(toml::node& node, double factor) {
  constexpr std::array<std::string_view, 4> kEpochKeys{"until", "train_until", "start_epoch", "cutmix_start"};
  if (toml::array* array = node.as_array()) {
    for (toml::node& element : *array) stretch_all(element, factor);
  } else if (toml::table* table = node.as_table()) {
    for (auto&& [key, value] : *table) stretch_all(value, factor);
    for (const std::string_view key : kEpochKeys) stretch(*table, key, factor);
  }
}

void stretch_recipe(toml::table& recipe, double factor) {
  stretch_all(recipe, factor);
  // Of a schedule `start` is a factor.
  if (toml::table* selection = recipe["select"].as_table()) stretch(*selection, "start", factor);
}

}  // namespace

void stretch_to_epochs(toml::table& recipe, const toml::table& own) {
  const std::optional<double> before = epochs_of(own);
  const std::optional<double> epochs = epochs_of(recipe);
  if (before && epochs && *before != *epochs) stretch_recipe(recipe, *epochs / *before);
}

}  // namespace ftl::recipe
