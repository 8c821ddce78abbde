// Makes a graph of a description: what layers use to add their nodes (Layer::add_to).
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/index.hpp"
#include "graph/graph.hpp"
#include "kernels/convolution/convolution.hpp"
#include "kernels/patches/patches.hpp"

namespace ftl::graph {

// The parameters of a convolution or linear layer.
struct FilterSpec {
  std::string name;
  std::string kind;  // of layer, in messages
  ParameterRole role = ParameterRole::filters;
  ParameterRole bias_role = ParameterRole::biases;
  Initialisation initialisation = Initialisation::kaiming_uniform;
  bool bias = false;
  bool frozen = false;
  bool frozen_bias = false;
};

// Functions that add nodes return the index of the last one.
class GraphBuilder {
 public:
  // Of a description whose layers have names (name_layers).
  GraphBuilder(const NetworkDescription& description, const GraphInput& input);

  Graph build();

  Graph& graph() { return graph_; }
  const Shape& shape(int node) const { return graph_.nodes[at(node)].shape; }

  // Adds a node of a kind of op; its shape follows from its inputs'.
  template <class Kind>
  int push(std::string name, std::vector<int> inputs, Kind op) {
    return push_op(std::move(name), std::move(inputs), std::make_shared<const Kind>(std::move(op)));
  }
  // Any layer but a convolution over pictures needs them in the blocked layout first.
  int blocked(int input);
  // `geometry` but for its input and its output's height and width, which follow.
  int add_convolution(const FilterSpec& spec, int input, kernels::ConvolutionGeometry geometry);
  // A convolution as large as its input.
  int add_linear(FilterSpec spec, int input, int out);
  int add_parameter(Parameter parameter);
  // Layers of a layer, as its key `key`.
  int add_layers(const std::vector<LayerDescription>& layers, int input, const std::string& key);

  // The output of an earlier layer; `kind` is the one that asks.
  int named(const std::string& from, const std::string& kind) const;

  // A convolution's outputs at the network's width.
  int scaled(int channels) const;
  // A node's channels at width 1: a convolution's `out`, and what follows from it.
  int described_channels(int node) const { return described_channels_[at(node)]; }
  void set_described_channels(int node, int channels) { described_channels_[at(node)] = channels; }

  // The layer in work does not fit: throws InputError naming it.
  [[noreturn]] void refuse(const std::string& kind, const std::string& what) const;

 private:
  // Parameters are saved under their layer's name, so it must be the layer's own.
  void claim_name(const std::string& name);
  int push_op(std::string name, std::vector<int> inputs, std::shared_ptr<const Op> op);
  int add_patches(int input, const kernels::PatchesGeometry& geometry);
  int add_in_order(const std::vector<LayerDescription>& layers, int input, const std::string& path);

  const NetworkDescription& description_;
  Graph graph_;
  std::string path_ = "network.layers";  // of the layer in work
  double train_until_ = 0;               // its parameters'
  std::map<std::string, int> named_;
  std::set<std::string> names_;
  std::vector<int> described_channels_;  // by node
};

}  // namespace ftl::graph
