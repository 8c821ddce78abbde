// ftl recipes list | show NAME_OR_FILE [--set key=value]...
#include <fmt/core.h>

#include <memory>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "recipe/recipe.hpp"

namespace ftl::cli {
namespace {

struct ShowOptions {
  std::string recipe;
  std::vector<std::string> settings;
};

void list() {
  for (const recipe::RecipeSummary& recipe : recipe::list_recipes()) {
    fmt::print("{:<12} {}\n", recipe.name, recipe.description);
  }
}

// As it was written, with its comments, unless settings change it.
void show(const ShowOptions& options) {
  const bool as_written = options.settings.empty();
  fmt::print("{}", as_written ? recipe::recipe_text(options.recipe)
                              : recipe::to_toml(recipe::load_recipe(options.recipe, options.settings)));
}

}  // namespace

void add_recipes_command(Command program) {
  Command recipes = program.subcommand("recipes", "List the built-in recipes or show one");
  recipes.require_subcommand();
  recipes.subcommand("list", "Names and descriptions").action(list);

  const auto options = std::make_shared<ShowOptions>();
  Command show_command = recipes.subcommand("show", "A recipe's text; with --set, as resolved");
  show_command.option("recipe", options->recipe, "A built-in recipe's name or a TOML file").required();
  show_command.option("--set", options->settings, "Change a key: key=value").one_value_each();
  show_command.action([options] { show(*options); });
}

}  // namespace ftl::cli
