#include "graph/rewrite/layers.hpp"

#include <algorithm>
#include <iterator>

#include "base/error.hpp"
#include "graph/layer_keys.hpp"
#include "graph/layers/convolution.hpp"
#include "graph/layers/linear.hpp"

namespace ftl::graph {
namespace {

struct Place {
  std::vector<LayerDescription>* layers = nullptr;
  std::size_t index = 0;
  std::string input;  // what the list starts from, by name; empty: the pictures

  bool is_found() const { return layers != nullptr; }
  LayerDescription& layer() const { return (*layers)[index]; }
  auto iterator() const { return layers->begin() + static_cast<std::ptrdiff_t>(index); }
};

// What a layer says of others: whose outputs it takes, and the lists of layers within it.
struct References final : LayerKeys {
  std::vector<std::string*> earlier;
  std::vector<std::vector<LayerDescription>*> lists;

  void boolean(std::string_view, bool&) override {}
  void number(std::string_view, double&, const Range&) override {}
  void integer(std::string_view, int&, const Range&) override {}
  void required_integer(std::string_view, int&, const Range&) override {}
  void integer_or(std::string_view, int&, const Range&, const Word&) override {}
  void sides(std::string_view, int&, int&) override {}
  void earlier_layer(std::string_view, std::string& name, bool) override {
    if (!name.empty()) earlier.push_back(&name);
  }
  void earlier_layers(std::string_view, std::vector<std::string>& names) override {
    for (std::string& name : names) earlier.push_back(&name);
  }
  void layers(std::string_view, std::vector<LayerDescription>& layers) override { lists.push_back(&layers); }
  void first_only(std::string_view) override {}
  std::size_t choose(std::string_view, std::size_t chosen, std::span<const std::string_view>) override {
    return chosen;
  }
};

// Calls visit(layers, the name of their input) for each list of layers within a layer.
template <class Visit>
void visit_within(LayerDescription& layer, const Visit& visit) {
  References references;
  layer.layer.visit(references);
  for (std::vector<LayerDescription>* layers : references.lists) {
    visit(*layers, references.earlier.empty() ? std::string() : *references.earlier.front());
  }
}

Place find(std::vector<LayerDescription>& layers, const std::string& name, const std::string& input) {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].name == name) return {&layers, i, input};
    Place place;
    visit_within(layers[i], [&](std::vector<LayerDescription>& within, const std::string& from) {
      if (!place.is_found()) place = find(within, name, from);
    });
    if (place.is_found()) return place;
  }
  return {};
}

Place place_of(NetworkDescription& network, const std::string& name) {
  Place place = find(network.layers, name, "");
  if (!place.is_found() || name.empty()) throw InputError("the network has no layer named \"{}\"", name);
  return place;
}

// Calls visit(from) for every reference to another layer.
template <class Visit>
void for_each_reference(std::vector<LayerDescription>& layers, const Visit& visit) {
  for (LayerDescription& layer : layers) {
    References references;
    layer.layer.visit(references);
    for (std::string* from : references.earlier) visit(*from);
    for (std::vector<LayerDescription>* within : references.lists) for_each_reference(*within, visit);
  }
}

bool is_referred_to(NetworkDescription& network, const std::string& name) {
  bool found = false;
  for_each_reference(network.layers, [&](const std::string& from) { found = found || from == name; });
  return found;
}

}  // namespace

std::vector<std::vector<LayerDescription>*> layers_within(LayerDescription& layer) {
  References references;
  layer.layer.visit(references);
  return references.lists;
}

void replace_stretch(std::vector<LayerDescription>& layers, std::size_t first, std::size_t count,
                     std::vector<LayerDescription> put) {
  const auto begin = layers.begin() + static_cast<std::ptrdiff_t>(first);
  const auto end = begin + static_cast<std::ptrdiff_t>(count);
  std::string name;
  for (auto layer = begin; layer != end; ++layer) {
    if (!layer->name.empty()) name = layer->name;
  }
  if (!put.empty() && !name.empty() && std::ranges::find(put, name, &LayerDescription::name) == put.end()) {
    put.back().name = name;
  }
  layers.insert(layers.erase(begin, end), std::make_move_iterator(put.begin()),
                std::make_move_iterator(put.end()));
}

void insert_after(NetworkDescription& network, const std::string& name, LayerDescription layer) {
  const Place place = place_of(network, name);
  place.layers->insert(place.iterator() + 1, std::move(layer));
}

void insert_before(NetworkDescription& network, const std::string& name, LayerDescription layer) {
  const Place place = place_of(network, name);
  place.layers->insert(place.iterator(), std::move(layer));
}

void replace_layer(NetworkDescription& network, const std::string& name, std::vector<LayerDescription> put) {
  const Place place = place_of(network, name);
  replace_stretch(*place.layers, place.index, 1, std::move(put));
}

void remove_layer(NetworkDescription& network, const std::string& name) {
  const Place place = place_of(network, name);
  if (is_referred_to(network, name)) {
    std::string before = place.input;
    if (place.index > 0) {
      LayerDescription& layer = (*place.layers)[place.index - 1];
      if (layer.name.empty()) layer.name = name;
      before = layer.name;
    }
    if (before.empty()) {
      throw InputError("layer \"{}\" cannot be removed: others take its output, and no layer is before it",
                       name);
    }
    for_each_reference(network.layers, [&](std::string& from) {
      if (from == name) from = before;
    });
  }
  place.layers->erase(place.iterator());
}

void widen_layer(NetworkDescription& network, const std::string& name, int out) {
  LayerDescription& layer = place_of(network, name).layer();
  if (auto* convolution = layer.layer.as<ConvolutionDescription>()) {
    convolution->out = out;
  } else if (auto* linear = layer.layer.as<LinearDescription>()) {
    linear->out = out;
  } else {
    throw InputError("layer \"{}\" has no number of outputs: only convolutions and linear layers have", name);
  }
}

}  // namespace ftl::graph
