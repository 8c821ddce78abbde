#include "recipe/network.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <regex>

#include "base/error.hpp"
#include "graph/layer_keys.hpp"
#include "graph/layers/list.hpp"

namespace ftl::recipe {
namespace {

const std::array<Choice<graph::Products>, 2> kProducts{
    {{"bf16", graph::Products::bf16}, {"int8", graph::Products::int8}}};

// Where a layer stands.
struct Scope {
  std::vector<std::string> earlier;  // the outputs named so far
  std::vector<std::string> taken;    // those, and the names of the layers around this one
  bool first = true;                 // no layer comes before
};

graph::LayerDescription read_layer(RecipeTable table, Scope& scope, std::string& resolved);

std::vector<graph::LayerDescription> read_layers(const toml::array& array, const std::string& path,
                                                 Scope& scope, std::vector<std::string>& resolved) {
  std::vector<graph::LayerDescription> layers;
  for (std::size_t i = 0; i < array.size(); ++i) {
    const std::string element = fmt::format("{}[{}]", path, i);
    if (!array[i].is_table()) throw InputError("{} must be a table, as in {{ op = \"act\" }}", element);
    layers.push_back(read_layer(RecipeTable(array[i].as_table(), element), scope, resolved.emplace_back()));
  }
  return layers;
}

// Reads each key that a layer visits.
class TableKeys final : public graph::LayerKeys {
 public:
  TableKeys(RecipeTable& table, Scope& scope) : table_(table), scope_(scope) {}

  void boolean(std::string_view key, bool& value) override { value = table_.boolean(key, value); }
  void number(std::string_view key, double& value, const Range& range) override {
    value = table_.number(key, range, value);
  }
  void integer(std::string_view key, int& value, const Range& range) override {
    value = table_.integer(key, range, value);
  }
  void required_integer(std::string_view key, int& value, const Range& range) override {
    value = table_.integer(key, range);
  }
  void integer_or(std::string_view key, int& value, const Range& range, const Word& word) override {
    value = table_.integer_or(key, range, word, value);
  }

  void sides(std::string_view key, int& height, int& width) override {
    constexpr std::string_view kAllowed = "an integer from 1 to 1000000 or [height, width]";
    const toml::node* node = table_.find(key);
    if (node == nullptr || node->is_integer()) {
      height = width = table_.integer(key, count_from(1), height);
      return;
    }
    const toml::array* values = table_.array(key, kAllowed);
    if (values->size() != 2) table_.fail(key, kAllowed);
    const auto side = [&](std::size_t i) {
      const auto value = (*values)[i].value_exact<std::int64_t>();
      if (!value || !count_from(1).contains(static_cast<double>(*value))) table_.fail(key, kAllowed);
      return static_cast<int>(*value);
    };
    height = side(0);
    width = side(1);
    table_.resolve(key, fmt::format("[{}, {}]", height, width));
  }

  void earlier_layer(std::string_view key, std::string& name, bool optional) override {
    if (table_.find(key) == nullptr && optional) return;
    const std::string allowed = names_allowed();
    if (table_.find(key) == nullptr) table_.fail_missing(key, allowed);
    name = table_.string(key);
    if (!is_earlier(name)) table_.fail(key, allowed);
  }

  void earlier_layers(std::string_view key, std::vector<std::string>& names) override {
    const toml::node* node = table_.find(key);
    if (node == nullptr || !node->is_array()) return earlier_layer(key, names.emplace_back(), false);
    const std::string allowed = names_allowed() + ", or an array of such names";
    std::vector<std::string> resolved;
    for (const toml::node& element : *node->as_array()) {
      const auto name = element.value_exact<std::string>();
      if (!name || !is_earlier(*name)) table_.fail(key, allowed);
      names.push_back(*name);
      resolved.push_back(to_toml(*name));
    }
    if (names.empty()) table_.fail(key, allowed);
    table_.resolve(key, fmt::format("[{}]", fmt::join(resolved, ", ")));
  }

  void layers(std::string_view key, std::vector<graph::LayerDescription>& layers) override {
    const toml::array* array = table_.array(key, "an array of layers");
    if (array == nullptr) return;
    std::vector<std::string> resolved;
    layers = read_layers(*array, table_.path(key), scope_, resolved);
    table_.resolve(key, fmt::format("[{}]", fmt::join(resolved, ", ")));
  }

  void first_only(std::string_view op) override {
    if (scope_.first) return;
    throw InputError("{} may only be \"{}\" in the network's first layer", table_.path("op"), op);
  }

 protected:
  std::size_t choose(std::string_view key, std::size_t chosen,
                     std::span<const std::string_view> names) override {
    return table_.choose(key, names, chosen);
  }

 private:
  bool is_earlier(const std::string& name) const {
    return std::ranges::find(scope_.earlier, name) != scope_.earlier.end();
  }
  std::string names_allowed() const {
    return scope_.earlier.empty()
               ? "the name of an earlier layer (none has one)"
               : fmt::format("the name of an earlier layer ({})", fmt::join(scope_.earlier, ", "));
  }

  RecipeTable& table_;
  Scope& scope_;
};

// A layer of the kind that the table's "op" names, with the defaults of its keys.
graph::Layer read_operation(RecipeTable& table) {
  std::vector<std::string_view> names;
  for (const graph::Layer& layer : graph::every_layer()) names.push_back(layer.op());
  return graph::every_layer()[table.choose("op", names, {})];
}

std::string read_name(RecipeTable& table, Scope& scope) {
  static const std::regex pattern("[A-Za-z0-9_-]+");
  std::string name = table.string("name");
  if (!std::regex_match(name, pattern)) table.fail("name", "letters, digits, _ and -");
  if (name == "input") table.fail("name", "another word (input is reserved)");
  if (std::find(scope.taken.begin(), scope.taken.end(), name) != scope.taken.end()) {
    table.fail("name", "a name that no other layer has");
  }
  scope.taken.push_back(name);
  return name;
}

graph::LayerDescription read_layer(RecipeTable table, Scope& scope, std::string& resolved) {
  graph::LayerDescription description{.name = {}, .layer = read_operation(table)};
  if (table.find("name") != nullptr) description.name = read_name(table, scope);
  TableKeys keys(table, scope);
  description.layer.visit(keys);
  if (description.layer.learns()) {
    description.train_until = table.number("train_until", at_least(0), description.train_until);
  }
  table.reject_unknown_keys();
  scope.first = false;
  if (!description.name.empty()) scope.earlier.push_back(description.name);
  resolved = table.inline_table();
  return description;
}

}  // namespace

graph::NetworkDescription read_network(RecipeTable& table) {
  constexpr std::string_view kLayers = "an array of layers, as in [ { op = \"conv\", out = 64 } ]";
  graph::NetworkDescription network;
  network.width = table.number("width", above(0), network.width);
  network.products = table.choice("products", kProducts, network.products);
  network.logit_scale = table.number("logit_scale", above(0), network.logit_scale);
  const toml::array* array = table.array("layers", kLayers);
  if (array == nullptr) table.fail_missing("layers", kLayers);
  if (array->empty()) table.fail("layers", "one layer or more");
  Scope scope;
  std::vector<std::string> resolved;
  network.layers = read_layers(*array, table.path("layers"), scope, resolved);
  table.resolve("layers", fmt::format("[\n  {},\n]", fmt::join(resolved, ",\n  ")));
  table.reject_unknown_keys();
  return network;
}

}  // namespace ftl::recipe
