// The keys of a recipe, their defaults and what is allowed.
#pragma once

#include <toml++/toml.h>

#include "recipe/recipe.hpp"

namespace ftl::recipe {

// Reads and resolves a whole recipe; its name is `default_name` unless it says one. Throws InputError with
// the key's full name.
Recipe read_recipe(const toml::table& toml, const std::string& default_name);

}  // namespace ftl::recipe
