// What the user may have meant.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ftl::train {

// The candidate with the fewest edits (insertions, deletions, replacements) to `word`, when they are at most
// a third of its length, but two are always close enough for a word of four letters or more.
std::optional<std::string> nearest_spelling(std::string_view word, std::span<const std::string> candidates);

}  // namespace ftl::train
