// A recipe's own list of its tricks, and the recipe without some of them:
//
//   [[ablation]]
//   name = "GELU instead of ReLU"
//   set = ["train.label_smoothing=0"]
//   layers = [{ find = [{ op = "act", kind = "gelu" }], put = [{ keep = 0, kind = "relu" }] }]
//
// `set` are settings as --set takes them. Each of `layers` replaces every stretch of layers that `find`
// describes: consecutive layers, each with at least the keys shown. In `put`, `keep = i` is the i-th layer
// found, other keys changing it; anything else is a layer of its own. A name that a found layer has goes to
// the last one put, so that `from` elsewhere still means the stretch's output.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ftl::recipe {

// Some keys of a layer with their values as TOML.
using LayerKeys = std::map<std::string, std::string>;

struct PutLayer {
  std::optional<std::size_t> keep;  // of the layers found
  LayerKeys keys;

  friend bool operator==(const PutLayer&, const PutLayer&) = default;
};

struct LayerEdit {
  std::vector<LayerKeys> find;
  std::vector<PutLayer> put;

  friend bool operator==(const LayerEdit&, const LayerEdit&) = default;
};

struct Ablation {
  std::string name;
  std::vector<std::string> settings;
  std::vector<LayerEdit> layers;

  friend bool operator==(const Ablation&, const Ablation&) = default;
};

struct Recipe;
struct WrittenRecipe;

// The recipe without these of its tricks (indices into Recipe::ablations), taken off from the last to the
// first. Their settings are applied as --set's are. It lists no tricks itself. Throws InputError naming the
// trick when what it is to change is not there.
Recipe without_tricks(const WrittenRecipe& written, const std::vector<std::size_t>& tricks);

}  // namespace ftl::recipe
