#include "recipe/text_writer.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "recipe/table.hpp"

namespace ftl::recipe {

void TextWriter::boolean(std::string_view key, bool& value) {
  write(key, value ? "true" : "false");
}

void TextWriter::number(std::string_view key, double& value, const Range& range, Presence) {
  write(key, fmt::format("{}", value));
  check(key, range.contains(value), "a number " + range.describe());
}

void TextWriter::number(std::string_view key, float& value, const Range& range) {
  write(key, fmt::format("{}", value));
  check(key, range.contains(value), "a number " + range.describe());
}

void TextWriter::integer(std::string_view key, int& value, const Range& range, Presence) {
  write(key, fmt::format("{}", value));
  check(key, range.contains(value), "an integer " + range.describe());
}

void TextWriter::integer_or(std::string_view key, int& value, const Range& range, const Word& word) {
  if (value == word.value) {
    write(key, toml_text(std::string(word.text)));
  } else {
    integer(key, value, range, Presence::optional);
  }
}

void TextWriter::sides(std::string_view key, int& height, int& width, const Range& range) {
  if (height == width) {
    integer(key, height, range, Presence::optional);
    return;
  }
  write(key, fmt::format("[{}, {}]", height, width));
  check(key, range.contains(height) && range.contains(width), "[height, width], each " + range.describe());
}

void TextWriter::string(std::string_view key, std::string& value, Presence, std::string_view) {
  write(key, toml_text(value));
}

void TextWriter::strings(std::string_view key, std::vector<std::string>& values, std::string_view allowed) {
  std::vector<std::string> texts;
  for (const std::string& value : values) texts.push_back(toml_text(value));
  write(key, texts.size() == 1 ? texts[0] : fmt::format("[{}]", fmt::join(texts, ", ")));
  check(key, !values.empty(), allowed);
}

void TextWriter::string_if_any(std::string_view key, std::string& value) {
  if (!value.empty()) write(key, toml_text(value));
}

void TextWriter::choose(std::string_view key, std::size_t& index, std::span<const std::string_view> names,
                        Presence) {
  if (index >= names.size()) {
    throw InputError("{} must be one of \"{}\"", path(key), fmt::join(names, "\", \""));
  }
  write(key, toml_text(std::string(names[index])));
}

void TextWriter::table(std::string_view key, const Visit& visit) {
  TextWriter inner(path(key));
  visit(inner);
  write(key, inner.inline_table());
}

void TextWriter::section(std::string_view key, const Visit& visit) {
  TextWriter inner(path(key));
  visit(inner);
  if (!inner.entries_.empty()) sections_ += fmt::format("\n[{}]\n{}", path(key), inner.lines());
  sections_ += inner.sections_;
}

std::size_t TextWriter::list(std::string_view key, std::size_t size, const ListForm& form) {
  elements_.clear();
  if (size > 0) return size;
  if (!form.at_least_one.empty()) throw InputError("{} must be {}", path(key), form.at_least_one);
  if (form.written_when_empty) write(key, "[]");
  return 0;
}

void TextWriter::element(std::string_view key, std::size_t index, const ListForm& form, const Visit& visit) {
  TextWriter inner(fmt::format("{}[{}]", path(key), index));
  visit(inner);
  if (index == 0) {
    write(key, "");
    elements_.clear();
  }
  elements_.push_back(inner.inline_table());
  entries_.back().value = form.one_a_line ? fmt::format("[\n  {},\n]", fmt::join(elements_, ",\n  "))
                                          : fmt::format("[{}]", fmt::join(elements_, ", "));
}

void TextWriter::check(std::string_view key, bool is_allowed, std::string_view allowed) const {
  if (is_allowed) return;
  const auto written = std::ranges::find(entries_, key, &Entry::key);
  throw InputError("{} must be {}, not {}", path(key), allowed,
                   written == entries_.end() ? "left out" : written->value);
}

void TextWriter::write(std::string_view key, std::string value) {
  entries_.push_back({std::string(key), std::move(value)});
}

std::string TextWriter::lines() const {
  std::string text;
  for (const Entry& entry : entries_) text += fmt::format("{} = {}\n", entry.key, entry.value);
  return text;
}

std::string TextWriter::text() const {
  return lines() + sections_;
}

std::string TextWriter::inline_table() const {
  std::vector<std::string> entries;
  for (const Entry& entry : entries_) entries.push_back(fmt::format("{} = {}", entry.key, entry.value));
  return fmt::format("{{ {} }}", fmt::join(entries, ", "));
}

}  // namespace ftl::recipe
