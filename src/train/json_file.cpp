#include "train/json_file.hpp"

#include <limits>

#include "base/error.hpp"
#include "base/file.hpp"

namespace ftl::train {

using Json = nlohmann::ordered_json;

Json read_json(const std::filesystem::path& path) {
  return parse_json(read_text(path), path.string());
}

Json parse_json(const std::string& text, const std::string& place) {
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) throw InputError("{}: is not JSON: the file is damaged", place);
  return json;
}

JsonMembers::JsonMembers(const Json& object, std::string place) : object_(object), place_(std::move(place)) {
  if (!object_.is_object()) throw InputError("{}: holds no JSON object; is it a file of ftl?", place_);
}

double JsonMembers::number(const char* key) const {
  return member(key).is_null() ? std::numeric_limits<double>::quiet_NaN() : get<double>(key);
}

const Json& JsonMembers::member(const char* key) const {
  const auto found = object_.find(key);
  if (found == object_.end())
    throw InputError("{}: lacks \"{}\": it is of another version of ftl", place_, key);
  return *found;
}

void JsonMembers::fail(const char* key) const {
  throw InputError("{}: \"{}\" is {}, which is none of its values: the file is damaged", place_, key,
                   object_[key].dump());
}

}  // namespace ftl::train
