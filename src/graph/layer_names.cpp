#include "graph/layer_names.hpp"

#include <map>
#include <set>

namespace ftl::graph {
namespace {

class Namer {
 public:
  void add(std::vector<LayerDescription>& layers) {
    for (LayerDescription& layer : layers) {
      names_.insert(layer.name);
      std::visit([&](auto& description) { name_layer(description, layer.name); }, layer.layer);
    }
  }

 private:
  void name_layer(const ConvolutionDescription&, std::string& name) { give("conv", name); }
  void name_layer(const LinearDescription&, std::string& name) { give("linear", name); }
  void name_layer(const BatchNormDescription&, std::string& name) { give("norm", name); }
  void name_layer(const ActivationDescription&, std::string& name) { give("act", name); }
  void name_layer(const PoolDescription&, std::string& name) { give("pool", name); }
  void name_layer(const WhiteningDescription&, std::string& name) {
    if (!name.empty()) return;
    if (names_.insert("whiten").second) {
      name = "whiten";
    } else {
      give("whiten", name);
    }
  }
  // The pool and the two activations within it count.
  void name_layer(const SqueezeExciteDescription&, std::string& name) {
    give("se", name);
    ++counts_["pool"];
    counts_["act"] += 2;
  }
  void name_layer(AddDescription& add_description, std::string& name) {
    give("add", name);
    add(add_description.shortcut);
  }

  void give(const std::string& kind, std::string& name) {
    int& number = ++counts_[kind];
    if (!name.empty()) return;
    while (!names_.insert(kind + std::to_string(number)).second) ++number;
    name = kind + std::to_string(number);
  }

  std::set<std::string> names_;
  std::map<std::string, int> counts_;
};

}  // namespace

void name_layers(NetworkDescription& network) {
  Namer().add(network.layers);
}

}  // namespace ftl::graph
