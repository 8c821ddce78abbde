#include "recipe/settings.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <regex>
#include <string>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "optim/optimizer_config.hpp"
#include "recipe/length.hpp"
#include "recipe/schema.hpp"

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

bool sets_epochs(std::string_view setting) {
  return setting.starts_with("train.epochs=");
}

std::string kind_of(const toml::table& optimizer) {
  return optimizer["kind"].value_or(std::string(name(optim::optimizer_rules().front())));
}

// What belongs to the kind that `own` has, and not to that of `optimizer`.
void drop_keys_of_former_kind(toml::table& optimizer, const toml::table& own) {
  const std::vector<std::string> allowed = optimizer_key_names(kind_of(optimizer));
  if (allowed.empty()) return;  // no such kind: reading refuses it
  for (const std::string& key : optimizer_key_names(kind_of(own))) {
    if (std::ranges::find(allowed, key) == allowed.end()) optimizer.erase(key);
  }
}

// Before any of the settings is applied.
void drop_keys_of_former_kinds(toml::table& recipe, const std::vector<std::string>& settings) {
  toml::table* optimizers = recipe["optimizer"].as_table();
  if (optimizers == nullptr) return;
  for (auto&& [role, node] : *optimizers) {
    toml::table* optimizer = node.as_table();
    if (optimizer == nullptr) continue;
    const toml::table own = *optimizer;
    for (const std::string& setting : settings) {
      if (setting.starts_with(fmt::format("optimizer.{}.kind=", role.str()))) apply_setting(recipe, setting);
    }
    drop_keys_of_former_kind(*optimizer, own);
  }
}

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

void apply_settings(toml::table& recipe, const std::vector<std::string>& settings) {
  const toml::table own = recipe;
  for (const std::string& setting : settings) {
    if (sets_epochs(setting)) apply_setting(recipe, setting);
  }
  stretch_to_epochs(recipe, own);
  drop_keys_of_former_kinds(recipe, settings);
  for (const std::string& setting : settings) {
    if (!sets_epochs(setting)) apply_setting(recipe, setting);
  }
}

void drop_keys_of_other_kinds(toml::table& recipe) {
  toml::table* optimizers = recipe["optimizer"].as_table();
  if (optimizers == nullptr) return;
  for (auto&& [role, node] : *optimizers) {
    toml::table* optimizer = node.as_table();
    if (optimizer == nullptr) continue;
    for (const optim::OptimizerRule& rule : optim::optimizer_rules()) {
      drop_keys_of_former_kind(*optimizer, toml::table{{"kind", name(rule)}});
    }
  }
}

}  // namespace ftl::recipe
