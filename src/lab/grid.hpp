// One --grid: the values of a recipe's key that a sweep tries.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ftl::lab {

struct GridRange {
  double low = 0;
  double high = 0;
  bool logarithmic = false;
  int count = 0;  // 0: a range to draw from
};

struct Grid {
  std::string name;                 // of the key, as the user says it
  std::vector<std::string> values;  // of a list; else empty
  GridRange range;
};

// Reads KEY=SPEC, a SPEC being a,b,c (commas within brackets or quotes separate nothing) or
// LOW..HIGH:linear:N or LOW..HIGH:log:N; without N it is one to draw from, by default linear. Throws
// InputError: no such form, an empty or descending range, a logarithmic one from 0.
Grid parse_grid(std::string_view text);

// `count` numbers from low to high, both included, their differences or their ratios the same.
std::vector<double> spread(const GridRange& range);

// The number at a share in [0, 1] of the way.
double at_share(const GridRange& range, double share);

}  // namespace ftl::lab
