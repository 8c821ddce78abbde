// A recipe trained for longer or shorter than it was written for.
#pragma once

#include <toml++/toml.h>

#include <string>
#include <vector>

namespace ftl::recipe {

// Applies settings (apply_setting). Where they change `train.epochs`, all that the recipe itself says of
// single epochs moves in proportion, so that it stays the same share of the training: ends of small pictures,
// of trained layers and of schedules, start and end of selection, start of averaging and of CutMix. 0, for
// never or to the end, stays, and so does what a setting says.
void apply_settings(toml::table& recipe, const std::vector<std::string>& settings);

}  // namespace ftl::recipe
