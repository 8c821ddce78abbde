// A recipe's own list of its tricks, and the recipe without some of them:
//
//   [[ablation]]
//   name = "GELU instead of ReLU"
//   set = ["train.label_smoothing=0"]
//   layers = [{ find = [{ op = "act", kind = "gelu" }], put = [{ keep = 0, kind = "relu" }] }]
//
// `set` are settings as --set takes them. Each of `layers` replaces every stretch of layers that `find`
// describes: consecutive layers, each with at least the keys shown. In `put`, `keep = i` is the i-th layer
// found, other keys changing it; anything else is a layer of its own. A name that a found layer has goes to
// the last one put, so that `from` elsewhere still means the stretch's output.
#pragma once

#include <toml++/toml.h>

#include <string>
#include <vector>

#include "recipe/recipe.hpp"

namespace ftl::recipe {

// Checks the list of a recipe and returns it as TOML. Throws InputError naming the key.
std::string read_ablations(const toml::array& list);

// What the recipe's tricks are called, in its order.
std::vector<std::string> ablation_names(const Recipe& recipe);

// The recipe without these of its tricks (indices into ablation_names), taken off from the last to the first.
// It lists no tricks itself. Throws InputError naming the trick when what it is to change is not there.
Recipe without_tricks(const Recipe& recipe, const std::vector<std::size_t>& tricks);

}  // namespace ftl::recipe
