// One table of a recipe, read key by key in the order of its schema. What is read is kept as text with its
// defaults filled in, so that reading a recipe also writes the resolved one.
#pragma once

#include <toml++/toml.h>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/allowed.hpp"

namespace ftl::recipe {

// Every getter throws InputError, naming the key in full and what is allowed, for a value of the wrong type
// or out of range, and for a missing key without a fallback.
class RecipeTable {
 public:
  // `path` is the table's full name ("optimizer.filters", "network.layers[3]"), empty for the whole recipe. A
  // null table is an empty one. The table must outlive this.
  RecipeTable(const toml::table* table, std::string path);

  bool boolean(std::string_view key, bool fallback);
  double number(std::string_view key, const Range& range, std::optional<double> fallback = {});
  int integer(std::string_view key, const Range& range, std::optional<int> fallback = {});
  int integer_or(std::string_view key, const Range& range, const Word& word,
                 std::optional<int> fallback = {});
  std::string string(std::string_view key, std::optional<std::string> fallback = {});
  template <class T, std::size_t N>
  T choice(std::string_view key, const std::array<Choice<T>, N>& choices,
           std::type_identity_t<std::optional<T>> fallback = {});

  // The index of the key's value among `names`; the fallback's without the key.
  std::size_t choose(std::string_view key, std::span<const std::string_view> names,
                     std::optional<std::size_t> fallback);

  // A table in this one; an absent one is empty.
  RecipeTable table(std::string_view key);
  // Null when absent.
  const toml::array* array(std::string_view key, std::string_view allowed);

  // A key's value, whatever its type; null when absent.
  const toml::node* find(std::string_view key);
  // The key's full name.
  std::string path(std::string_view key) const;
  // `key` must be `allowed`, and is not.
  [[noreturn]] void fail(std::string_view key, std::string_view allowed) const;
  [[noreturn]] void fail_missing(std::string_view key, std::string_view allowed) const;

  // To be called after the last key is read: throws InputError if there are others.
  void reject_unknown_keys() const;

  // Adds `key = value` to the resolved text; the getters of scalars do so themselves.
  void resolve(std::string_view key, std::string value);
  std::string lines() const;         // key = value, a line each
  std::string inline_table() const;  // { key = value, ... }

 private:
  const toml::table* table_;
  std::string path_;
  std::vector<std::string> known_;
  std::vector<std::pair<std::string, std::string>> resolved_;
};

template <class T, std::size_t N>
T RecipeTable::choice(std::string_view key, const std::array<Choice<T>, N>& choices,
                      std::type_identity_t<std::optional<T>> fallback) {
  std::array<std::string_view, N> names;
  std::optional<std::size_t> fallback_index;
  for (std::size_t i = 0; i < N; ++i) {
    names[i] = choices[i].name;
    if (fallback == choices[i].value) fallback_index = i;
  }
  return choices[choose(key, names, fallback_index)].value;
}

// A string as TOML writes it.
std::string to_toml(const std::string& text);

}  // namespace ftl::recipe
