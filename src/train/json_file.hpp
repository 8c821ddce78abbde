// JSON that ftl wrote, read back with errors that name the file and what is wrong with it.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace ftl::train {

// Throws InputError naming the file.
nlohmann::ordered_json read_json(const std::filesystem::path& path);
// The same of a text that is at `place`, a file or a line of one.
nlohmann::ordered_json parse_json(const std::string& text, const std::string& place);

// An object in a file, whose members are read with errors that name both. The object must outlive this.
class JsonMembers {
 public:
  JsonMembers(const nlohmann::ordered_json& object, std::string place);

  template <class Value>
  Value get(const char* key) const {
    try {
      return member(key).template get<Value>();
    } catch (const nlohmann::json::exception&) {
      fail(key);
    }
  }

  // null is what JSON has for NaN.
  double number(const char* key) const;
  JsonMembers object(const char* key) const { return {member(key), place_}; }

 private:
  const nlohmann::ordered_json& member(const char* key) const;
  [[noreturn]] void fail(const char* key) const;

  const nlohmann::ordered_json& object_;
  std::string place_;
};

}  // namespace ftl::train
