#include "lab/csv.hpp"

#include <fmt/format.h>

#include <cmath>

namespace ftl::lab {

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char character : text) quoted += character == '"' ? "\"\"" : std::string(1, character);
  return quoted + "\"";
}

std::string csv_field(double value) {
  return std::isfinite(value) ? fmt::format("{}", value) : "";
}

}  // namespace ftl::lab
