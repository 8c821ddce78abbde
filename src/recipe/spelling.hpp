// What the user may have meant.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ftl::recipe {

// The candidate with the fewest edits (insertions, deletions, replacements) to `word`, if close enough: at
// most two edits or a third of its length, whichever is more; one for a word under four letters.
std::optional<std::string> nearest_spelling(std::string_view word, std::span<const std::string> candidates);

}  // namespace ftl::recipe
