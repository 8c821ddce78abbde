#include "recipe/table.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "recipe/spelling.hpp"

namespace ftl::recipe {
namespace {

const toml::table kEmptyTable;

// A value as an error shows it.
std::string shown(const toml::node& node) {
  if (node.is_table()) return "a table";
  if (node.is_floating_point()) return fmt::format("{}", node.as_floating_point()->get());
  return toml_text(node);
}

}  // namespace

RecipeTable::RecipeTable(const toml::table* table, std::string path)
    : Keys(std::move(path)), table_(table != nullptr ? table : &kEmptyTable) {}

void RecipeTable::boolean(std::string_view key, bool& value) {
  const toml::node* node = find(key);
  if (node == nullptr) return;
  if (!node->is_boolean()) fail(key, "true or false");
  value = node->as_boolean()->get();
}

void RecipeTable::number(std::string_view key, double& value, const Range& range, Presence presence) {
  const std::string allowed = "a number " + range.describe();
  const toml::node* node = find(key, presence, allowed);
  if (node == nullptr) return;
  if (!node->is_number() || !range.contains(*node->value<double>())) fail(key, allowed);
  value = *node->value<double>();
}

void RecipeTable::number(std::string_view key, float& value, const Range& range) {
  double read = value;
  number(key, read, range, Presence::optional);
  value = static_cast<float>(read);
}

void RecipeTable::integer(std::string_view key, int& value, const Range& range, Presence presence) {
  const std::string allowed = "an integer " + range.describe();
  const toml::node* node = find(key, presence, allowed);
  if (node == nullptr) return;
  const auto fits = [&] { return range.contains(static_cast<double>(node->as_integer()->get())); };
  if (!node->is_integer() || !fits()) fail(key, allowed);
  value = static_cast<int>(node->as_integer()->get());
}

void RecipeTable::integer_or(std::string_view key, int& value, const Range& range, const Word& word) {
  const toml::node* node = find(key);
  if (node == nullptr) return;
  if (node->value<std::string_view>() == word.text) {
    value = word.value;
    return;
  }
  if (!node->is_integer()) fail(key, fmt::format("an integer {} or \"{}\"", range.describe(), word.text));
  integer(key, value, range, Presence::optional);
}

void RecipeTable::sides(std::string_view key, int& height, int& width, const Range& range) {
  const toml::node* node = find(key);
  if (node == nullptr || node->is_integer()) {
    integer(key, height, range, Presence::optional);
    if (node != nullptr) width = height;
    return;
  }
  const std::string allowed = fmt::format("an integer {} or [height, width]", range.describe());
  const toml::array* values = array(key, allowed);
  if (values->size() != 2) fail(key, allowed);
  const auto side = [&](std::size_t i) {
    const auto value = (*values)[i].value_exact<std::int64_t>();
    if (!value || !range.contains(static_cast<double>(*value))) fail(key, allowed);
    return static_cast<int>(*value);
  };
  height = side(0);
  width = side(1);
}

void RecipeTable::string(std::string_view key, std::string& value, Presence presence,
                         std::string_view allowed) {
  const toml::node* node = find(key, presence, allowed);
  if (node == nullptr) return;
  if (!node->is_string()) fail(key, "a string");
  value = node->as_string()->get();
}

void RecipeTable::strings(std::string_view key, std::vector<std::string>& values, std::string_view allowed) {
  const toml::node* node = find(key, Presence::required, allowed);
  values.clear();
  if (node->is_string()) values.push_back(node->as_string()->get());
  if (!node->is_array()) {
    if (values.empty()) fail(key, allowed);
    return;
  }
  for (const toml::node& element : *node->as_array()) {
    if (!element.is_string()) fail(key, allowed);
    values.push_back(element.as_string()->get());
  }
  if (values.empty()) fail(key, allowed);
}

void RecipeTable::string_if_any(std::string_view key, std::string& value) {
  string(key, value, Presence::optional, "a string");
}

void RecipeTable::choose(std::string_view key, std::size_t& index, std::span<const std::string_view> names,
                         Presence presence) {
  const std::string allowed = fmt::format("one of \"{}\"", fmt::join(names, "\", \""));
  const toml::node* node = find(key, presence, allowed);
  if (node == nullptr) return;
  const auto found = std::find(names.begin(), names.end(), node->value<std::string_view>());
  if (found == names.end()) fail(key, allowed);
  index = static_cast<std::size_t>(found - names.begin());
}

void RecipeTable::table(std::string_view key, const Visit& visit) {
  const toml::node* node = find(key);
  if (node != nullptr && !node->is_table()) fail(key, "a table");
  RecipeTable inner(node != nullptr ? node->as_table() : nullptr, path(key));
  visit(inner);
  inner.reject_unknown_keys();
}

void RecipeTable::required_section(std::string_view key, std::string_view allowed, const Visit& visit) {
  find(key, Presence::required, allowed);
  table(key, visit);
}

std::size_t RecipeTable::list(std::string_view key, std::size_t, const ListForm& form) {
  const std::string allowed = fmt::format("an array of {}, as in [{}]", form.elements, form.example);
  const bool may_be_empty = form.at_least_one.empty();
  if (find(key, may_be_empty ? Presence::optional : Presence::required, allowed) == nullptr) return 0;
  const toml::array* tables = array(key, allowed);
  if (tables->empty() && !may_be_empty) fail(key, form.at_least_one);
  return tables->size();
}

void RecipeTable::element(std::string_view key, std::size_t index, const ListForm& form, const Visit& visit) {
  const toml::node& node = *table_->get(key)->as_array()->get(index);
  const std::string element_path = fmt::format("{}[{}]", path(key), index);
  if (!node.is_table()) {
    throw InputError("{} must be a table, as in {}, not {}", element_path, form.example, shown(node));
  }
  RecipeTable inner(node.as_table(), element_path);
  visit(inner);
  inner.reject_unknown_keys();
}

void RecipeTable::check(std::string_view key, bool is_allowed, std::string_view allowed) const {
  if (!is_allowed) fail(key, allowed);
}

const toml::array* RecipeTable::array(std::string_view key, std::string_view allowed) {
  const toml::node* node = find(key);
  if (node != nullptr && !node->is_array()) fail(key, allowed);
  return node != nullptr ? node->as_array() : nullptr;
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
                     own_path().empty() ? "in a recipe" : "in " + own_path(), fmt::join(known_, ", "));
  }
}

const toml::node* RecipeTable::find(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  return table_->get(key);
}

const toml::node* RecipeTable::find(std::string_view key, Presence presence, std::string_view allowed) {
  const toml::node* node = find(key);
  if (node == nullptr && presence == Presence::required) fail_missing(key, allowed);
  return node;
}

std::string toml_text(const std::string& text) {
  return toml_text(static_cast<const toml::node&>(toml::value<std::string>(text)));
}

std::string toml_text(const toml::node& node) {
  std::ostringstream stream;
  stream << toml::toml_formatter(node, toml::format_flags::none);
  return stream.str();
}

}  // namespace ftl::recipe
