// A recipe's text, written key by key in the order of its schema.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/keys.hpp"

namespace ftl::recipe {

// Refuses, as reading does, values that no recipe may have.
class TextWriter final : public Keys {
 public:
  explicit TextWriter(std::string path) : Keys(std::move(path)) {}

  bool is_reading() const override { return false; }
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
  void table(std::string_view key, const Visit& visit) override;
  void section(std::string_view key, const Visit& visit) override;
  void required_section(std::string_view key, std::string_view, const Visit& visit) override {
    section(key, visit);
  }
  std::size_t list(std::string_view key, std::size_t size, const ListForm& form) override;
  void element(std::string_view key, std::size_t index, const ListForm& form, const Visit& visit) override;
  void check(std::string_view key, bool is_allowed, std::string_view allowed) const override;

  struct Entry {
    std::string key;
    std::string value;  // as TOML
  };
  // What was written, without the sections.
  const std::vector<Entry>& entries() const { return entries_; }
  // key = value, a line each, then the sections with their titles.
  std::string text() const;
  std::string inline_table() const;  // { key = value, ... }

 private:
  void write(std::string_view key, std::string value);
  std::string lines() const;

  std::vector<Entry> entries_;
  std::string sections_;
  std::vector<std::string> elements_;  // of the list in work
};

}  // namespace ftl::recipe
