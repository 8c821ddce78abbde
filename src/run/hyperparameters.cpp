#include "run/hyperparameters.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <sstream>

namespace ftl::run {
namespace {

constexpr std::array<std::string_view, 4> kLeftOut = {"description", "source", "ablation", "network.layers"};

std::string text_of(const toml::array& array) {
  std::ostringstream text;
  text << array;
  return text.str();
}

void collect(const toml::table& table, const std::string& prefix, std::vector<Hyperparameter>& settings) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    if (std::ranges::find(kLeftOut, name) != kLeftOut.end()) continue;
    if (const toml::table* inner = node.as_table()) {
      collect(*inner, name + ".", settings);
    } else if (const toml::array* array = node.as_array()) {
      settings.push_back({name, text_of(*array)});
    } else if (node.is_boolean()) {
      settings.push_back({name, node.value<bool>().value()});
    } else if (node.is_number()) {
      settings.push_back({name, node.value<double>().value()});
    } else {
      settings.push_back({name == "name" ? "recipe" : name, node.value_or(std::string())});
    }
  }
}

}  // namespace

std::vector<Hyperparameter> hyperparameters(std::string_view recipe) {
  std::vector<Hyperparameter> settings;
  collect(toml::parse(recipe), "", settings);
  return settings;
}

}  // namespace ftl::run
