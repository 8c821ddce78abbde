// What a setting may be: a range of numbers, a word instead of a number, one of some words.
#pragma once

#include <limits>
#include <string>
#include <string_view>

namespace ftl {

struct Range {
  double low = 0;
  double high = std::numeric_limits<double>::infinity();
  bool above_low = false;   // low itself is not allowed
  bool below_high = false;  // high itself is not allowed

  bool contains(double value) const;
  std::string describe() const;  // "above 0", "from 1 to 5", "in [0, 1)"
};

// Sizes and counts; the upper end only keeps nonsense out.
constexpr Range count_from(double low) {
  return {.low = low, .high = 1'000'000};
}
constexpr Range at_least(double low) {
  return {.low = low};
}
constexpr Range above(double low) {
  return {.low = low, .above_low = true};
}
inline constexpr Range kShare{.low = 0, .high = 1, .below_high = true};  // [0, 1)

// A string that a recipe may use instead of an integer, e.g. groups = "depthwise".
struct Word {
  std::string_view text;
  int value;
};

template <class T>
struct Choice {
  std::string_view name;
  T value;
};

}  // namespace ftl
