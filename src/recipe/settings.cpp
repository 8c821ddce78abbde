#include "recipe/settings.hpp"

#include <fmt/ranges.h>

#include <charconv>
#include <optional>
#include <regex>
#include <string>
#include <variant>
#include <vector>

#include "base/error.hpp"

namespace ftl::recipe {
namespace {

using Step = std::variant<std::string, std::size_t>;

// "network.layers[3].out" as "network", "layers", 3, "out"; nothing when it is not a key.
std::optional<std::vector<Step>> steps_of(const std::string& key) {
  static const std::regex whole(R"([\w-]+(\[\d{1,9}\])*(\.[\w-]+(\[\d{1,9}\])*)*)");
  static const std::regex part(R"([\w-]+)");
  if (!std::regex_match(key, whole)) return std::nullopt;
  std::vector<Step> steps;
  for (std::sregex_iterator at(key.begin(), key.end(), part), end; at != end; ++at) {
    const bool is_index = at->position() > 0 && key[static_cast<std::size_t>(at->position()) - 1] == '[';
    if (is_index) {
      steps.emplace_back(static_cast<std::size_t>(std::stoul(at->str())));
    } else {
      steps.emplace_back(at->str());
    }
  }
  return steps;
}

// A table with the value under "value".
std::optional<toml::table> value_of(const std::string& text) {
  static const std::regex bare_word(R"([A-Za-z_][\w.+-]*)");
  try {
    toml::table parsed = toml::parse("value = " + text);
    if (parsed.size() == 1) return parsed;
  } catch (const toml::parse_error&) {
    if (std::regex_match(text, bare_word)) return toml::table{{"value", text}};
  }
  return std::nullopt;
}

class Walk {
 public:
  Walk(toml::table& recipe, std::string_view setting) : node_(&recipe), setting_(setting) {}

  void descend(const Step& step) {
    if (const auto* index = std::get_if<std::size_t>(&step)) {
      node_ = array_with(*index).get(*index);
      path_ += fmt::format("[{}]", *index);
    } else {
      const std::string& key = std::get<std::string>(step);
      node_ = node_->is_array() ? named_element(key) : &table().insert(key, toml::table{}).first->second;
      path_ += (path_.empty() ? "" : ".") + key;
    }
  }

  void assign(const Step& step, const toml::node& value) {
    if (const auto* index = std::get_if<std::size_t>(&step)) {
      toml::array& array = array_with(*index);
      array.replace(array.cbegin() + static_cast<std::ptrdiff_t>(*index), value);
    } else {
      table().insert_or_assign(std::get<std::string>(step), value);
    }
  }

 private:
  toml::table& table() {
    if (node_->is_table()) return *node_->as_table();
    throw InputError("--set {}: {} is not a table", setting_, path_);
  }

  toml::array& array_with(std::size_t index) {
    if (!node_->is_array()) throw InputError("--set {}: {} is not an array", setting_, path_);
    toml::array& array = *node_->as_array();
    if (index < array.size()) return array;
    throw InputError("--set {}: {} has {} elements, [0] to [{}]", setting_, path_, array.size(),
                     array.size() - 1);
  }

  toml::node* named_element(const std::string& name) {
    std::vector<std::string> names;
    for (toml::node& element : *node_->as_array()) {
      const auto* element_table = element.as_table();
      const auto element_name =
          element_table != nullptr ? (*element_table)["name"].value<std::string>() : std::nullopt;
      if (element_name == name) return &element;
      if (element_name) names.push_back(*element_name);
    }
    throw InputError("--set {}: {} has no element named {} (use an index, as in {}[0]{}{})", setting_, path_,
                     name, path_, names.empty() ? "" : ", or a name: ", fmt::join(names, ", "));
  }

  toml::node* node_;
  std::string_view setting_;
  std::string path_;
};

}  // namespace

void apply_setting(toml::table& recipe, std::string_view setting) {
  const std::size_t equals = setting.find('=');
  if (equals == std::string_view::npos) {
    throw InputError("--set {}: must be key=value, as in train.epochs=2", setting);
  }
  const auto steps = steps_of(std::string(setting.substr(0, equals)));
  if (!steps) {
    throw InputError("--set {}: the key must be like train.epochs or network.layers[3].out", setting);
  }
  const std::string text(setting.substr(equals + 1));
  const auto value = value_of(text);
  if (!value) {
    throw InputError(
        "--set {}: the value must be TOML: a number, true, false, a word, \"a text\" or [an array]", setting);
  }
  Walk walk(recipe, setting);
  for (std::size_t i = 0; i + 1 < steps->size(); ++i) walk.descend((*steps)[i]);
  walk.assign(steps->back(), *value->get("value"));
}

}  // namespace ftl::recipe
