// JSON that ftl writes, and reads back with errors that name the file and what is wrong with it.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace ftl {

// As ftl writes JSON files: indented, with a newline at the end. Names of files and folders need not be
// UTF-8, JSON must be: what is not is replaced.
std::string json_text(const Json& json);

// Throws InputError naming the file.
Json read_json(const std::filesystem::path& path);

// An object in a file, whose members are read with errors that name both. The object must outlive this.
class JsonMembers {
 public:
  JsonMembers(const Json& object, std::string place);

  template <class Value>
  Value get(const char* key) const {
    try {
      return member(key).get<Value>();
    } catch (const JsonError&) {
      fail(key);
    }
  }

  // null is what JSON has for NaN.
  double number(const char* key) const;
  JsonMembers object(const char* key) const { return {member(key), place_}; }
  std::vector<JsonMembers> objects(const char* key) const;
  const std::string& place() const { return place_; }

 private:
  const Json& member(const char* key) const;
  [[noreturn]] void fail(const char* key) const;

  const Json& object_;
  std::string place_;
};

// Up to the end of the last line that has one: a killed process may leave another.
std::string read_whole_lines(const std::filesystem::path& path);

// Removes what is behind it, so that lines can be added. Nothing where there is no file.
void end_with_whole_line(const std::filesystem::path& path);

// Calls visit with each whole line's object, with none where there is no file. Throws InputError naming the
// line.
void for_each_json_line(const std::filesystem::path& path,
                        const std::function<void(const JsonMembers&)>& visit);

}  // namespace ftl
