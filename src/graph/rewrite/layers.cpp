#include "graph/rewrite/layers.hpp"

#include <algorithm>
#include <iterator>

#include "base/error.hpp"

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

Place find(std::vector<LayerDescription>& layers, const std::string& name, const std::string& input) {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].name == name) return {&layers, i, input};
    auto* add = std::get_if<AddDescription>(&layers[i].layer);
    if (add == nullptr) continue;
    if (Place place = find(add->shortcut, name, add->from); place.is_found()) return place;
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
    if (auto* squeeze_excite = std::get_if<SqueezeExciteDescription>(&layer.layer))
      visit(squeeze_excite->from);
    if (auto* add = std::get_if<AddDescription>(&layer.layer)) {
      visit(add->from);
      for_each_reference(add->shortcut, visit);
    }
  }
}

bool is_referred_to(NetworkDescription& network, const std::string& name) {
  bool found = false;
  for_each_reference(network.layers, [&](const std::string& from) { found = found || from == name; });
  return found;
}

}  // namespace

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
  if (auto* convolution = std::get_if<ConvolutionDescription>(&layer.layer)) {
    convolution->out = out;
  } else if (auto* linear = std::get_if<LinearDescription>(&layer.layer)) {
    linear->out = out;
  } else {
    throw InputError("layer \"{}\" has no number of outputs: only convolutions and linear layers have", name);
  }
}

}  // namespace ftl::graph
