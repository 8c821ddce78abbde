// The keys of a recipe, their defaults and what is allowed.
#pragma once

#include <toml++/toml.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "recipe/recipe.hpp"

namespace ftl::recipe {

// Reads a whole recipe; its name is `default_name` unless it says one. Throws InputError with the key's full
// name.
Recipe read_recipe(toml::table table, const std::string& default_name);

// What an optimizer's table of this kind may say; none when there is no such kind.
std::vector<std::string> optimizer_key_names(std::string_view kind);

}  // namespace ftl::recipe
