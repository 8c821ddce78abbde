// Names for the layers that a recipe does not name.
#pragma once

#include <map>
#include <set>
#include <string>

#include "graph/description.hpp"

namespace ftl::graph {

// Gives every layer without a name the one that its parameters are saved under: its kind and a number
// ("conv2"). Edits come after it, so that a layer keeps its name when others come and go.
void name_layers(NetworkDescription& network);

class LayerNamer {
 public:
  void add(std::vector<LayerDescription>& layers);

  // A layer of this stem: counts it, and names it where it has no name.
  void give(const std::string& stem, std::string& name);
  // The stem alone as its name, where nothing else has it.
  void give_plain(const std::string& stem, std::string& name);
  // Layers of this stem that are within another one, and have names of their own.
  void count(const std::string& stem, int layers) { counts_[stem] += layers; }

 private:
  std::set<std::string> names_;
  std::map<std::string, int> counts_;
};

}  // namespace ftl::graph
