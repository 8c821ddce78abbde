#include "recipe/recipe.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/file.hpp"
#include "recipe/embedded_recipes.hpp"
#include "recipe/length.hpp"
#include "recipe/schema.hpp"
#include "recipe/spelling.hpp"

namespace ftl::recipe {
namespace {

toml::table parse_toml(std::string_view text) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    const toml::source_position& at = error.source().begin;
    throw InputError("line {}, column {}: {}", at.line, at.column, error.description());
  }
}

// The name of a recipe that says none: its file's.
std::string default_name(std::string_view origin) {
  const std::filesystem::path file = std::filesystem::path(origin).filename();
  return (file.extension() == ".toml" ? file.stem() : file).string();
}

bool is_path(std::string_view name_or_path) {
  return name_or_path.find('/') != std::string_view::npos || name_or_path.ends_with(".toml");
}

}  // namespace

std::vector<RecipeSummary> list_recipes() {
  std::vector<RecipeSummary> summaries;
  for (const EmbeddedRecipe& recipe : embedded_recipes()) {
    summaries.push_back({std::string(recipe.name), parse_recipe(recipe.text, recipe.name).description});
  }
  return summaries;
}

std::string recipe_text(std::string_view name_or_path) {
  if (is_path(name_or_path)) return read_text(name_or_path);
  std::vector<std::string> names;
  for (const EmbeddedRecipe& recipe : embedded_recipes()) {
    if (recipe.name == name_or_path) return std::string(recipe.text);
    names.emplace_back(recipe.name);
  }
  const std::optional<std::string> meant = nearest_spelling(name_or_path, names);
  throw InputError("unknown recipe {}{}; there are {}, and a file's path contains a / or ends in .toml",
                   name_or_path, meant ? fmt::format(" (did you mean {}?)", *meant) : "",
                   fmt::join(names, ", "));
}

Recipe parse_recipe(std::string_view toml, std::string_view origin,
                    const std::vector<std::string>& settings) {
  try {
    toml::table table = parse_toml(toml);
    apply_settings(table, settings);
    return read_recipe(table, default_name(origin));
  } catch (const InputError& error) {
    throw InputError("recipe {}: {}", origin, error.what());
  }
}

void check_epoch(const Recipe& recipe, double epoch) {
  if (epoch < recipe.epochs) return;
  throw InputError("--epoch {:g}: the recipe ends after {:g} epochs; name an earlier one", epoch,
                   recipe.epochs);
}

bool is_same_recipe(const std::string& stored, const std::string& resolved) {
  if (stored == resolved) return true;
  // Remarks before the first key count, too: they are of how the recipe is run.
  const std::string remarks = stored.substr(0, stored.find("name = "));
  try {
    return remarks + parse_recipe(stored, "stored").toml == resolved;
  } catch (const InputError&) {
    return false;
  }
}

Recipe load_recipe(std::string_view name_or_path, const std::vector<std::string>& settings) {
  return parse_recipe(recipe_text(name_or_path), name_or_path, settings);
}

}  // namespace ftl::recipe
