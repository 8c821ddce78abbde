#include "base/json_file.hpp"

#include <fmt/format.h>

#include <limits>
#include <sstream>

#include "base/error.hpp"
#include "base/file.hpp"

namespace ftl {

namespace {

// Of a text that is at `place`, a file or a line of one.
Json parse_json(const std::string& text, const std::string& place) {
  try {
    return Json::parse(text);
  } catch (const JsonError&) {
    throw InputError("{}: is not JSON: the file is damaged", place);
  }
}

}  // namespace

std::string json_text(const Json& json) {
  return json.indented_text() + "\n";
}

Json read_json(const std::filesystem::path& path) {
  return parse_json(read_text(path), path.string());
}

std::string read_whole_lines(const std::filesystem::path& path) {
  const std::string text = read_text(path);
  return text.substr(0, text.rfind('\n') + 1);
}

void end_with_whole_line(const std::filesystem::path& path) {
  if (std::filesystem::exists(path)) std::filesystem::resize_file(path, read_whole_lines(path).size());
}

void for_each_json_line(const std::filesystem::path& path,
                        const std::function<void(const JsonMembers&)>& visit) {
  if (!std::filesystem::exists(path)) return;
  std::istringstream lines(read_whole_lines(path));
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::string place = fmt::format("{} line {}", path.string(), ++number);
    visit({parse_json(line, place), place});
  }
}

JsonMembers::JsonMembers(const Json& object, std::string place) : object_(object), place_(std::move(place)) {
  if (!object_.is_object()) throw InputError("{}: holds no JSON object; is it a file of ftl?", place_);
}

double JsonMembers::number(const char* key) const {
  return member(key).is_null() ? std::numeric_limits<double>::quiet_NaN() : get<double>(key);
}

std::vector<JsonMembers> JsonMembers::objects(const char* key) const {
  if (!member(key).is_array()) fail(key);
  std::vector<JsonMembers> objects;
  for (const Json& object : member(key)) objects.emplace_back(object, place_);
  return objects;
}

const Json& JsonMembers::member(const char* key) const {
  const Json* found = object_.find(key);
  if (found == nullptr) throw InputError("{}: lacks \"{}\": it is of another version of ftl", place_, key);
  return *found;
}

void JsonMembers::fail(const char* key) const {
  throw InputError("{}: \"{}\" is {}, which is none of its values: the file is damaged", place_, key,
                   object_.at(key).text());
}

}  // namespace ftl
