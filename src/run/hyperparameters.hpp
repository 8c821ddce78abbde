// A recipe's settings as a flat list, for tables that set runs side by side.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ftl::run {

struct Hyperparameter {
  std::string name;  // the recipe's key in full: "optimizer.filters.lr"
  std::variant<bool, double, std::string> value;
};

// Every key of a recipe's text but its layers, its ablations and what is said of it in words; arrays as TOML.
// The recipe's name is "recipe".
std::vector<Hyperparameter> hyperparameters(std::string_view recipe);

}  // namespace ftl::run
