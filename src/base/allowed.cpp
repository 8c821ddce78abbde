#include "base/allowed.hpp"

#include <fmt/format.h>

#include <cmath>

namespace ftl {

bool Range::contains(double value) const {
  return std::isfinite(value) && (above_low ? value > low : value >= low) &&
         (below_high ? value < high : value <= high);
}

std::string Range::describe() const {
  if (std::isinf(high)) return fmt::format("{} {}", above_low ? "above" : "of at least", low);
  if (!above_low && !below_high) return fmt::format("from {} to {}", low, high);
  return fmt::format("in {}{}, {}{}", above_low ? '(' : '[', low, high, below_high ? ')' : ']');
}

}  // namespace ftl
