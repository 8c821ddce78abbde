#include "graph/layer_names.hpp"

namespace ftl::graph {

void LayerNamer::add(std::vector<LayerDescription>& layers) {
  for (LayerDescription& layer : layers) {
    names_.insert(layer.name);
    layer.layer.name_in(*this, layer.name);
  }
}

void LayerNamer::give(const std::string& stem, std::string& name) {
  int& number = ++counts_[stem];
  if (!name.empty()) return;
  while (!names_.insert(stem + std::to_string(number)).second) ++number;
  name = stem + std::to_string(number);
}

void LayerNamer::give_plain(const std::string& stem, std::string& name) {
  if (!name.empty()) return;
  if (names_.insert(stem).second) {
    name = stem;
  } else {
    give(stem, name);
  }
}

void give_name(LayerNamer& namer, std::string_view stem, std::string& name) {
  namer.give(std::string(stem), name);
}

void name_layers(NetworkDescription& network) {
  LayerNamer().add(network.layers);
}

}  // namespace ftl::graph
