// The recipes of recipes/, built into the binary (cmake/Recipes.cmake).
#pragma once

#include <span>
#include <string_view>

namespace ftl::recipe {

struct EmbeddedRecipe {
  std::string_view name;
  std::string_view text;
};

std::span<const EmbeddedRecipe> embedded_recipes();

}  // namespace ftl::recipe
