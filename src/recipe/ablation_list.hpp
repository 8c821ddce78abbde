// The [[ablation]] tables of a recipe's text.
#pragma once

#include <toml++/toml.h>

#include <string>
#include <vector>

#include "recipe/ablation.hpp"

namespace ftl::recipe {

// Throws InputError naming the key.
std::vector<Ablation> read_ablations(const toml::array& list);

std::string ablations_text(const std::vector<Ablation>& ablations);

// A layer of these keys.
toml::table layer_table(const LayerKeys& keys);

}  // namespace ftl::recipe
