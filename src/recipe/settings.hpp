// Changes to a recipe as it is written, from the command line or from its own list of tricks.
#pragma once

#include <toml++/toml.h>

#include <string>
#include <string_view>
#include <vector>

namespace ftl::recipe {

// Applies `key=value`. The key's parts are separated by dots; an array is indexed by [number] or by the name
// of one of its tables. Tables on the way are created. The value is TOML; a bare word is a string. Throws
// InputError quoting the setting.
void apply_setting(toml::table& recipe, std::string_view setting);

// Applies settings in order. Two of them change more than their key:
// - `train.epochs` moves what the recipe itself says of single epochs (recipe/length.hpp);
// - `optimizer.<role>.kind` takes away what the recipe itself says for the former kind only, e.g.
// newton_schulz_steps
//   when Muon becomes SGD. What a setting says stays, so it is refused where the new kind has no such key.
void apply_settings(toml::table& recipe, const std::vector<std::string>& settings);

// Takes keys out of optimizers' tables that belong to other kinds. Earlier versions wrote all keys into each
// table.
void drop_keys_of_other_kinds(toml::table& recipe);

}  // namespace ftl::recipe
