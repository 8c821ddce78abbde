#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lab/csv.hpp"
#include "lab/report/table.hpp"

namespace ftl::lab::report {
namespace {

std::string text_of(double value, Unit unit) {
  if (std::isnan(value)) return "-";
  switch (unit) {
    case Unit::count:
      return fmt::format("{:.0f}", value);
    case Unit::fraction:
      return fmt::format("{:.2f} %", 100 * value);
    case Unit::points:
      return fmt::format("{:+.2f}", 100 * value);
    case Unit::seconds:
      return fmt::format("{:.2f}", value);
    default:
      return fmt::format("{:.4g}", value);
  }
}

// How many columns a terminal takes for UTF-8 text of letters, which the continuation bytes do not add to.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; }));
}

// Control characters, which a folder's or a class's name may hold, would drive the terminal.
std::string printable(std::string text) {
  std::ranges::replace_if(
      text, [](char byte) { return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f; }, '?');
  return text;
}

std::string text_of(const Field& field, Unit unit) {
  if (const auto* text = std::get_if<std::string>(&field)) return printable(*text);
  return text_of(std::get<double>(field), unit);
}

std::string padded(const std::string& text, std::size_t width, bool left) {
  const std::string space(width - std::min(width, width_of(text)), ' ');
  return left ? text + space : space + text;
}

std::string csv_of(const Field& field) {
  return std::visit([](const auto& value) { return csv_field(value); }, field);
}

}  // namespace

std::string to_text(const Table& table) {
  std::vector<std::vector<std::string>> lines(1);
  for (const Column& column : table.columns) lines[0].push_back(printable(column.title));
  for (const std::vector<Field>& row : table.rows) {
    std::vector<std::string>& line = lines.emplace_back();
    for (std::size_t c = 0; c < row.size(); ++c) line.push_back(text_of(row[c], table.columns[c].unit));
  }
  std::vector<std::size_t> widths(table.columns.size());
  for (const auto& line : lines) {
    for (std::size_t c = 0; c < line.size(); ++c) widths[c] = std::max(widths[c], width_of(line[c]));
  }
  std::string text = printable(table.title) + "\n";
  for (const auto& line : lines) {
    std::string row;
    for (std::size_t c = 0; c < line.size(); ++c) {
      row += (c == 0 ? "" : "  ") + padded(line[c], widths[c], table.columns[c].unit == Unit::text);
    }
    text += row.substr(0, row.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string to_csv(const Table& table) {
  std::string csv;
  for (std::size_t c = 0; c < table.columns.size(); ++c)
    csv += (c == 0 ? "" : ",") + csv_field(table.columns[c].key);
  csv += "\r\n";
  for (const std::vector<Field>& row : table.rows) {
    for (std::size_t c = 0; c < row.size(); ++c) csv += (c == 0 ? "" : ",") + csv_of(row[c]);
    csv += "\r\n";
  }
  return csv;
}

}  // namespace ftl::lab::report
