#include "lab/grid.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/error.hpp"

namespace ftl::lab {
namespace {

constexpr std::string_view kSpecs = "a,b,c or LOW..HIGH:linear:N or LOW..HIGH:log:N";

// Not within brackets or quotes: values may be TOML's arrays, tables and strings.
std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  int depth = 0;
  bool quoted = false;
  for (const char character : text) {
    if (character == '"') quoted = !quoted;
    if (!quoted && (character == '[' || character == '{')) ++depth;
    if (!quoted && (character == ']' || character == '}')) --depth;
    if (character == separator && !quoted && depth == 0) {
      parts.emplace_back();
    } else {
      parts.back() += character;
    }
  }
  return parts;
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Of --grid's text, for errors.
[[noreturn]] void refuse(std::string_view grid, const std::string& problem) {
  throw InputError("--grid {}: {}", grid, problem);
}

GridRange parse_range(std::string_view grid, const std::string& spec) {
  const std::vector<std::string> parts = split(spec, ':');
  const std::size_t dots = parts[0].find("..");
  const auto low = number_of<double>(std::string_view(parts[0]).substr(0, dots));
  const auto high = number_of<double>(std::string_view(parts[0]).substr(dots + 2));
  if (!low || !high || !std::isfinite(*low) || !std::isfinite(*high)) {
    refuse(grid, "a range must be from a number to a number, as in 0.5..8:log:6");
  }
  GridRange range{.low = *low, .high = *high};
  if (parts.size() > 1) {
    if (parts[1] != "log" && parts[1] != "linear") {
      refuse(grid, fmt::format("a range is linear or log, not \"{}\"", parts[1]));
    }
    range.logarithmic = parts[1] == "log";
  }
  if (parts.size() > 2) {
    const auto count = number_of<int>(parts[2]);
    if (!count || *count < 1 || *count > 10'000 || parts.size() > 3) {
      refuse(grid, "a range's number of values must be an integer from 1 to 10000");
    }
    range.count = *count;
  }
  if (range.low == range.high) refuse(grid, "the range is empty; one value needs no range");
  if (range.low > range.high) refuse(grid, "the range descends; write the smaller number first");
  if (range.logarithmic && range.low <= 0) refuse(grid, "a logarithmic range must begin above 0");
  return range;
}

}  // namespace

Grid parse_grid(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    refuse(text, fmt::format("must be KEY=SPEC, a SPEC being {}", kSpecs));
  }
  const std::string spec(text.substr(equals + 1));
  Grid grid{.name = std::string(text.substr(0, equals)), .values = {}, .range = {}};
  if (spec.find("..") != std::string::npos) {
    grid.range = parse_range(text, spec);
    return grid;
  }
  grid.values = split(spec, ',');
  for (const std::string& value : grid.values) {
    if (value.empty()) refuse(text, fmt::format("has an empty value; a SPEC is {}", kSpecs));
    if (std::ranges::count(grid.values, value) > 1) refuse(text, fmt::format("has {} twice", value));
  }
  return grid;
}

double at_share(const GridRange& range, double share) {
  return range.logarithmic ? range.low * std::pow(range.high / range.low, share)
                           : range.low + (range.high - range.low) * share;
}

std::vector<double> spread(const GridRange& range) {
  if (range.count == 1) return {range.low};
  std::vector<double> values;
  for (int i = 0; i < range.count; ++i) {
    values.push_back(at_share(range, static_cast<double>(i) / (range.count - 1)));
  }
  return values;
}

}  // namespace ftl::lab
