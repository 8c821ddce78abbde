// Sums as balanced binary trees. Fixed by the number of terms alone, so that a sum has the same bits whoever
// adds it up: split into 2, 4 or 8 equal shares of neighbouring terms, each of which is summed as such a
// tree, the sums of the shares are added as one, too, and give what all terms together do. Several machines
// can so send one partial sum each, and get the bits of one machine.
//
// In an unnamed namespace, since what is compiled for one instruction set must not be shared with others
// (kernels/simd.hpp).
#pragma once

namespace ftl {
namespace {

// The sum of term(first), ..., term(first + count - 1), count at least 1: that of the first half, rounded
// down, plus that of the rest.
template <class Term>
auto tree_sum(int count, const Term& term, int first = 0) -> decltype(term(0)) {
  if (count == 1) return term(first);
  const int half = count / 2;
  // One after the other, so that terms are read in their order.
  const auto sum = tree_sum(half, term, first);
  return sum + tree_sum(count - half, term, first + half);
}

// The same of a number of terms that the compiler knows.
template <int count, class Term>
[[gnu::always_inline]] inline auto tree_sum(const Term& term, int first = 0) -> decltype(term(0)) {
  static_assert(count >= 1);
  if constexpr (count == 1) {
    return term(first);
  } else {
    const auto sum = tree_sum<count / 2>(term, first);
    return sum + tree_sum<count - count / 2>(term, first + count / 2);
  }
}

}  // namespace
}  // namespace ftl
