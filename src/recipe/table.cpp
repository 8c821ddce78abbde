#include "recipe/table.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

#include "base/error.hpp"
#include "recipe/spelling.hpp"

namespace ftl::recipe {
namespace {

const toml::table kEmptyTable;

// A value as an error shows it.
std::string shown(const toml::node& node) {
  if (node.is_table()) return "a table";
  if (node.is_floating_point()) return fmt::format("{}", node.as_floating_point()->get());
  std::ostringstream stream;
  stream << toml::toml_formatter(node, toml::format_flags::none);
  return stream.str();
}

}  // namespace

RecipeTable::RecipeTable(const toml::table* table, std::string path)
    : table_(table != nullptr ? table : &kEmptyTable), path_(std::move(path)) {}

bool RecipeTable::boolean(std::string_view key, bool fallback) {
  const toml::node* node = find(key);
  if (node != nullptr && !node->is_boolean()) fail(key, "true or false");
  const bool value = node != nullptr ? node->as_boolean()->get() : fallback;
  resolve(key, value ? "true" : "false");
  return value;
}

double RecipeTable::number(std::string_view key, const Range& range, std::optional<double> fallback) {
  const std::string allowed = "a number " + range.describe();
  const toml::node* node = find(key);
  if (node == nullptr && !fallback) fail_missing(key, allowed);
  if (node != nullptr && !(node->is_number() && range.contains(*node->value<double>()))) fail(key, allowed);
  const double value = node != nullptr ? *node->value<double>() : *fallback;
  resolve(key, fmt::format("{}", value));
  return value;
}

int RecipeTable::integer(std::string_view key, const Range& range, std::optional<int> fallback) {
  const std::string allowed = "an integer " + range.describe();
  const toml::node* node = find(key);
  if (node == nullptr && !fallback) fail_missing(key, allowed);
  const auto fits = [&] { return range.contains(static_cast<double>(node->as_integer()->get())); };
  if (node != nullptr && !(node->is_integer() && fits())) fail(key, allowed);
  const int value = node != nullptr ? static_cast<int>(node->as_integer()->get()) : *fallback;
  resolve(key, fmt::format("{}", value));
  return value;
}

int RecipeTable::integer_or(std::string_view key, const Range& range, const Word& word,
                            std::optional<int> fallback) {
  const toml::node* node = find(key);
  const bool says_word = node != nullptr && node->value<std::string_view>() == word.text;
  if (says_word || (node == nullptr && fallback == word.value)) {
    resolve(key, to_toml(std::string(word.text)));
    return word.value;
  }
  const std::string allowed = fmt::format("an integer {} or \"{}\"", range.describe(), word.text);
  if (node == nullptr && !fallback) fail_missing(key, allowed);
  if (node != nullptr && !node->is_integer()) fail(key, allowed);
  return integer(key, range, fallback);
}

std::string RecipeTable::string(std::string_view key, std::optional<std::string> fallback) {
  const toml::node* node = find(key);
  if (node == nullptr && !fallback) fail_missing(key, "a string");
  if (node != nullptr && !node->is_string()) fail(key, "a string");
  const std::string value = node != nullptr ? node->as_string()->get() : *fallback;
  resolve(key, to_toml(value));
  return value;
}

std::size_t RecipeTable::choose(std::string_view key, std::span<const std::string_view> names,
                                std::optional<std::size_t> fallback) {
  const std::string allowed = fmt::format("one of \"{}\"", fmt::join(names, "\", \""));
  const toml::node* node = find(key);
  if (node == nullptr && !fallback) fail_missing(key, allowed);
  std::size_t index = fallback.value_or(0);
  if (node != nullptr) {
    const auto found = std::find(names.begin(), names.end(), node->value<std::string_view>());
    if (found == names.end()) fail(key, allowed);
    index = static_cast<std::size_t>(found - names.begin());
  }
  resolve(key, to_toml(std::string(names[index])));
  return index;
}

RecipeTable RecipeTable::table(std::string_view key) {
  const toml::node* node = find(key);
  if (node != nullptr && !node->is_table()) fail(key, "a table");
  return RecipeTable(node != nullptr ? node->as_table() : nullptr, path(key));
}

const toml::array* RecipeTable::array(std::string_view key, std::string_view allowed) {
  const toml::node* node = find(key);
  if (node != nullptr && !node->is_array()) fail(key, allowed);
  return node != nullptr ? node->as_array() : nullptr;
}

std::string RecipeTable::path(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

void RecipeTable::fail(std::string_view key, std::string_view allowed) const {
  throw InputError("{} must be {}, not {}", path(key), allowed, shown(*table_->get(key)));
}

void RecipeTable::fail_missing(std::string_view key, std::string_view allowed) const {
  const std::vector<std::string> wanted{std::string(key)};
  for (const auto& [present, node] : *table_) {
    if (std::find(known_.begin(), known_.end(), present.str()) == known_.end() &&
        nearest_spelling(present.str(), wanted)) {
      throw InputError("{} is missing (is {} a misspelling?): {}", path(key), path(present.str()), allowed);
    }
  }
  throw InputError("{} is missing: {}", path(key), allowed);
}

void RecipeTable::reject_unknown_keys() const {
  for (const auto& [key, node] : *table_) {
    if (std::find(known_.begin(), known_.end(), key.str()) != known_.end()) continue;
    const std::optional<std::string> meant = nearest_spelling(key.str(), known_);
    throw InputError("unknown key {}{}; allowed {}: {}", path(key.str()),
                     meant ? fmt::format(" (did you mean {}?)", path(*meant)) : "",
                     path_.empty() ? "in a recipe" : "in " + path_, fmt::join(known_, ", "));
  }
}

void RecipeTable::resolve(std::string_view key, std::string value) {
  resolved_.emplace_back(key, std::move(value));
}

std::string RecipeTable::lines() const {
  std::string text;
  for (const auto& [key, value] : resolved_) text += fmt::format("{} = {}\n", key, value);
  return text;
}

std::string RecipeTable::inline_table() const {
  std::vector<std::string> entries;
  for (const auto& [key, value] : resolved_) entries.push_back(fmt::format("{} = {}", key, value));
  return fmt::format("{{ {} }}", fmt::join(entries, ", "));
}

const toml::node* RecipeTable::find(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  return table_->get(key);
}

std::string to_toml(const std::string& text) {
  return shown(toml::value<std::string>(text));
}

}  // namespace ftl::recipe
