// A recipe trained for longer or shorter than it was written for.
#pragma once

#include <toml++/toml.h>

namespace ftl::recipe {

// After another number of epochs was set: all that the recipe itself says of single epochs moves in
// proportion, so that it stays the same share of the training: ends of small pictures, of trained layers and
// of schedules, start and end of selection, start of averaging and of CutMix. 0, for never or to the end,
// stays. `own` is the recipe before.
void stretch_to_epochs(toml::table& recipe, const toml::table& own);

}  // namespace ftl::recipe
