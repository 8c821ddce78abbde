#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "recipe/recipe.hpp"

namespace ftl::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// What `ftl recipes ...` prints.
std::string output_of(std::vector<std::string> arguments) {
  Program program("ftl", "Trains image classifiers", "1");
  add_recipes_command(program.command());
  arguments.insert(arguments.begin(), "recipes");
  testing::internal::CaptureStdout();
  try {
    program.run(arguments);
  } catch (...) {
    testing::internal::GetCapturedStdout();
    throw;
  }
  return testing::internal::GetCapturedStdout();
}

TEST(RecipesCommand, ListsNamesAndDescriptions) {
  EXPECT_THAT(output_of({"list"}),
              AllOf(HasSubstr("airbench94 "), HasSubstr("hlb-0.3 "), HasSubstr("resnet18 "),
                    HasSubstr("plain baseline"), HasSubstr("speedrun ")));
}

TEST(RecipesCommand, ShowsARecipeAsItWasWritten) {
  EXPECT_EQ(output_of({"show", "airbench94"}), recipe::recipe_text("airbench94"));
  EXPECT_THAT(output_of({"show", "airbench94"}), HasSubstr("# 1 / 256"));
}

TEST(RecipesCommand, ShowsTheResolvedRecipeWithSettings) {
  EXPECT_THAT(output_of({"show", "--set", "train.epochs=3", "airbench94", "--set", "augment.cutout=4"}),
              AllOf(HasSubstr("epochs = 3\n"), HasSubstr("cutout = 4\n"), HasSubstr("brightness = 0\n"),
                    Not(HasSubstr("#"))));
}

TEST(RecipesCommand, RejectsBadInput) {
  EXPECT_THROW(output_of({"show", "none-such"}), InputError);
  EXPECT_THROW(output_of({"show", "airbench94", "--set", "train.epochs=-1"}), InputError);
  EXPECT_THROW(output_of({"show"}), InputError);
  EXPECT_THROW(output_of({}), InputError);
}

}  // namespace
}  // namespace ftl::cli
