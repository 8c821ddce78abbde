#include "recipe/recipe.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/file.hpp"
#include "recipe/embedded_recipes.hpp"
#include "recipe/schema.hpp"
#include "recipe/settings.hpp"
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

toml::table with_settings(std::string_view text, const std::vector<std::string>& settings) {
  toml::table table = parse_toml(text);
  apply_settings(table, settings);
  return table;
}

// What `work` returns; what it throws also says which recipe is meant.
template <class Work>
auto naming(std::string_view origin, const Work& work) {
  try {
    return work();
  } catch (const InputError& error) {
    throw InputError("recipe {}: {}", origin, error.what());
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

WrittenRecipe WrittenRecipe::with(const std::vector<std::string>& further) const {
  WrittenRecipe more = *this;
  more.settings.insert(more.settings.end(), further.begin(), further.end());
  return more;
}

std::vector<graph::ParameterRole> WrittenRecipe::roles_with_table() const {
  return naming(origin, [&] {
    const toml::table table = with_settings(text, settings);
    std::vector<graph::ParameterRole> roles;
    for (const RoleTable& known : role_tables()) {
      if (table["optimizer"][name(known.role)]) roles.push_back(known.role);
    }
    return roles;
  });
}

WrittenRecipe written_recipe(std::string_view name_or_path, std::vector<std::string> settings) {
  return {std::string(name_or_path), recipe_text(name_or_path), std::move(settings)};
}

Recipe read(const WrittenRecipe& written) {
  return parse_recipe(written.text, written.origin, written.settings);
}

Recipe load_recipe(std::string_view name_or_path, const std::vector<std::string>& settings) {
  return read(written_recipe(name_or_path, settings));
}

Recipe parse_recipe(std::string_view toml, std::string_view origin,
                    const std::vector<std::string>& settings) {
  return naming(origin, [&] { return read_recipe(with_settings(toml, settings), default_name(origin)); });
}

Recipe parse_stored_recipe(std::string_view toml, std::string_view origin) {
  return naming(origin, [&] {
    toml::table table = parse_toml(toml);
    drop_keys_of_other_kinds(table);
    return read_recipe(std::move(table), default_name(origin));
  });
}

void check_epoch(const Recipe& recipe, double epoch) {
  if (epoch < recipe.epochs) return;
  throw InputError("--epoch {:g}: the recipe ends after {:g} epochs; name an earlier one", epoch,
                   recipe.epochs);
}

bool is_same_recipe(const std::string& stored, const std::string& text) {
  if (stored == text) return true;
  const auto remarks = [](const std::string& recipe) { return recipe.substr(0, recipe.find("name = ")); };
  if (remarks(stored) != remarks(text)) return false;
  try {
    return parse_stored_recipe(stored, "stored") == parse_stored_recipe(text, "text");
  } catch (const InputError&) {
    return false;
  }
}

}  // namespace ftl::recipe
