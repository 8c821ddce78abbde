#include "recipe/network.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <regex>

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
  bool whole = true;                 // all layers of the network are seen; else `from` may name any
};

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr ListForm kLayers{.elements = "layers",
                           .example = "{ op = \"conv\", out = 64 }",
                           .at_least_one = "one layer or more",
                           .one_a_line = true};
constexpr ListForm kShortcut{.elements = "layers",
                             .example = "{ op = \"conv\", out = 64 }",
                             .at_least_one = "",
                             .written_when_empty = false};

void layer_keys(Keys& keys, graph::LayerDescription& layer, Scope& scope);

void layers_keys(Keys& keys, std::string_view key, std::vector<graph::LayerDescription>& layers,
                 const ListForm& form, Scope& scope) {
  layers.resize(keys.list(key, layers.size(), form), undescribed_layer());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    keys.element(key, i, form, [&](Keys& element) { layer_keys(element, layers[i], scope); });
  }
}

// A layer's keys, in the text that `keys` reads or writes.
class KeysOfLayer final : public graph::LayerKeys {
 public:
  KeysOfLayer(Keys& keys, Scope& scope) : keys_(keys), scope_(scope) {}

  void boolean(std::string_view key, bool& value) override { keys_.boolean(key, value); }
  void number(std::string_view key, double& value, const Range& range) override {
    keys_.number(key, value, range);
  }
  void integer(std::string_view key, int& value, const Range& range) override {
    keys_.integer(key, value, range);
  }
  void required_integer(std::string_view key, int& value, const Range& range) override {
    keys_.integer(key, value, range, Presence::required);
  }
  void integer_or(std::string_view key, int& value, const Range& range, const Word& word) override {
    keys_.integer_or(key, value, range, word);
  }
  void sides(std::string_view key, int& height, int& width) override {
    keys_.sides(key, height, width, count_from(1));
  }

  void earlier_layer(std::string_view key, std::string& name, bool optional) override {
    if (optional) {
      keys_.string_if_any(key, name);
    } else {
      keys_.string(key, name, Presence::required, allowed());
    }
    if (!(optional && name.empty())) check(key, name, allowed());
  }
  void earlier_layers(std::string_view key, std::vector<std::string>& names) override {
    const std::string all_allowed = allowed() + ", or an array of such names";
    keys_.strings(key, names, all_allowed);
    for (const std::string& name : names) check(key, name, all_allowed);
  }
  void layers(std::string_view key, std::vector<graph::LayerDescription>& layers) override {
    layers_keys(keys_, key, layers, kShortcut, scope_);
  }
  void first_only(std::string_view op) override {
    if (!scope_.whole || scope_.first) return;
    throw InputError("{} may only be \"{}\" in the network's first layer", keys_.path("op"), op);
  }

 protected:
  std::size_t choose(std::string_view key, std::size_t chosen,
                     std::span<const std::string_view> names) override {
    keys_.choose(key, chosen, names, Presence::optional);
    return chosen;
  }

 private:
  std::string allowed() const {
    return scope_.earlier.empty()
               ? "the name of an earlier layer (none has one)"
               : fmt::format("the name of an earlier layer ({})", fmt::join(scope_.earlier, ", "));
  }
  void check(std::string_view key, const std::string& name, const std::string& names_allowed) const {
    if (scope_.whole) keys_.check(key, contains(scope_.earlier, name), names_allowed);
  }

  Keys& keys_;
  Scope& scope_;
};

// What is read starts as its kind is where a recipe says nothing more.
void operation_key(Keys& keys, graph::Layer& layer) {
  std::vector<std::string_view> names;
  std::size_t chosen = graph::every_layer().size();
  for (const graph::Layer& kind : graph::every_layer()) {
    if (kind.op() == layer.op()) chosen = names.size();
    names.push_back(kind.op());
  }
  keys.choose("op", chosen, names, Presence::required);
  if (keys.is_reading()) layer = graph::every_layer()[chosen];
}

void name_key(Keys& keys, std::string& name, Scope& scope) {
  static const std::regex pattern("[A-Za-z0-9_-]+");
  keys.string_if_any("name", name);
  if (name.empty()) return;
  keys.check("name", std::regex_match(name, pattern), "letters, digits, _ and -");
  keys.check("name", name != "input", "another word (input is reserved)");
  keys.check("name", !contains(scope.taken, name), "a name that no other layer has");
  scope.taken.push_back(name);
}

void layer_keys(Keys& keys, graph::LayerDescription& layer, Scope& scope) {
  operation_key(keys, layer.layer);
  name_key(keys, layer.name, scope);
  KeysOfLayer own_keys(keys, scope);
  layer.layer.visit(own_keys);
  if (layer.layer.learns()) keys.number("train_until", layer.train_until, at_least(0));
  scope.first = false;
  if (!layer.name.empty()) scope.earlier.push_back(layer.name);
}

}  // namespace

void network_keys(Keys& keys, graph::NetworkDescription& network) {
  keys.number("width", network.width, above(0));
  keys.choice("products", network.products, kProducts);
  keys.number("logit_scale", network.logit_scale, above(0));
  Scope scope;
  layers_keys(keys, "layers", network.layers, kLayers, scope);
}

graph::LayerDescription undescribed_layer() {
  return {.name = {}, .layer = graph::every_layer().front()};
}

void layer_keys(Keys& keys, graph::LayerDescription& layer) {
  Scope scope{.earlier = {}, .taken = {}, .first = true, .whole = false};
  layer_keys(keys, layer, scope);
}

}  // namespace ftl::recipe
