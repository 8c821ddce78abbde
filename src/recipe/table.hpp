// One table of a recipe's text, read key by key in the order of its schema.
#pragma once

#include <toml++/toml.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/keys.hpp"

namespace ftl::recipe {

class RecipeTable final : public Keys {
 public:
  // A null table is an empty one. The table must outlive this.
  RecipeTable(const toml::table* table, std::string path);

  bool is_reading() const override { return true; }
  void boolean(std::string_view key, bool& value) override;
  void number(std::string_view key, double& value, const Range& range, Presence presence) override;
  void number(std::string_view key, float& value, const Range& range) override;
  void integer(std::string_view key, int& value, const Range& range, Presence presence) override;
  void integer_or(std::string_view key, int& value, const Range& range, const Word& word) override;
  void sides(std::string_view key, int& height, int& width, const Range& range) override;
  void string(std::string_view key, std::string& value, Presence presence, std::string_view allowed) override;
  void strings(std::string_view key, std::vector<std::string>& values, std::string_view allowed) override;
  void string_if_any(std::string_view key, std::string& value) override;
  void choose(std::string_view key, std::size_t& index, std::span<const std::string_view> names,
              Presence presence) override;
  // Tables and elements refuse keys that the visit does not show.
  void table(std::string_view key, const Visit& visit) override;
  void section(std::string_view key, const Visit& visit) override { table(key, visit); }
  void required_section(std::string_view key, std::string_view allowed, const Visit& visit) override;
  std::size_t list(std::string_view key, std::size_t size, const ListForm& form) override;
  void element(std::string_view key, std::size_t index, const ListForm& form, const Visit& visit) override;
  void check(std::string_view key, bool is_allowed, std::string_view allowed) const override;

  // Null when absent.
  const toml::array* array(std::string_view key, std::string_view allowed);
  // A key's value, whatever its type; null when absent.
  const toml::node* find(std::string_view key);
  // `key` must be `allowed`, and is not.
  [[noreturn]] void fail(std::string_view key, std::string_view allowed) const;
  [[noreturn]] void fail_missing(std::string_view key, std::string_view allowed) const;

  // To be called after the last key is read: throws InputError if there are others.
  void reject_unknown_keys() const;

 private:
  // The key's value; null when it is absent, which a required one must not be.
  const toml::node* find(std::string_view key, Presence presence, std::string_view allowed);

  const toml::table* table_;
  std::vector<std::string> known_;
};

// A string or another value as TOML writes it.
std::string toml_text(const std::string& text);
std::string toml_text(const toml::node& node);

}  // namespace ftl::recipe
