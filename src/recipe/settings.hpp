// Changes to a recipe from the command line.
#pragma once

#include <toml++/toml.h>

#include <string_view>

namespace ftl::recipe {

// Applies `key=value`. The key's parts are separated by dots; an array is indexed by [number] or by the name
// of one of its tables. Tables on the way are created. The value is TOML; a bare word is a string. Throws
// InputError quoting the setting.
void apply_setting(toml::table& recipe, std::string_view setting);

}  // namespace ftl::recipe
