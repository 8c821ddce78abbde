#include "graph/graph.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "base/error.hpp"
#include "base/index.hpp"
#include "graph/fusion.hpp"
#include "graph/ops/activation.hpp"
#include "graph/ops/add.hpp"
#include "graph/ops/batch_norm.hpp"
#include "graph/ops/convolution.hpp"
#include "graph/ops/multiply.hpp"
#include "graph/ops/patches.hpp"
#include "graph/ops/pictures.hpp"
#include "graph/ops/pool.hpp"

namespace ftl::graph {
namespace {

using kernels::ConvolutionGeometry;
using kernels::PoolGeometry;

class Builder {
 public:
  Builder(const NetworkDescription& description, const GraphInput& input) : description_(description) {
    graph_.classes = input.classes;
    graph_.products = description.products;
    graph_.logit_scale = description.logit_scale;
    push("pictures", {}, PicturesOp(input.height, input.width));
  }

  Graph build() {
    const int last = add_layers(description_.layers, 0, "network.layers");
    const Shape expected{graph_.classes, 1, 1};
    if (shape(last) != expected) {
      throw InputError(
          "network.layers: the last layer gives {}, but {} classes need {}: end with a linear layer",
          to_string(shape(last)), graph_.classes, to_string(expected));
    }
    const auto* op = graph_.nodes[static_cast<std::size_t>(last)].as<ConvolutionOp>();
    if (graph_.balance_parameter != kNone && (op == nullptr || op->bias != graph_.balance_parameter)) {
      throw InputError("{} (linear): only the last layer can have balance",
                       graph_.parameters[static_cast<std::size_t>(graph_.balance_parameter)].layer);
    }
    return std::move(graph_);
  }

 private:
  const Shape& shape(int node) const { return graph_.nodes[static_cast<std::size_t>(node)].shape; }

  int add_layers(const std::vector<LayerDescription>& layers, int input, const std::string& path) {
    int value = input;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      path_ = fmt::format("{}[{}]", path, i);
      const std::string own_path = path_;
      train_until_ = layers[i].train_until;
      claim_name(layers[i].name);
      value =
          std::visit([&](const auto& layer) { return add(layer, layers[i].name, value); }, layers[i].layer);
      path_ = own_path;
      if (!layers[i].name.empty()) named_[layers[i].name] = value;
    }
    return value;
  }

  template <class Kind>
  int push(std::string name, std::vector<int> inputs, const Kind& op) {
    std::vector<Shape> shapes;
    for (const int input : inputs) shapes.push_back(shape(input));
    const Shape out = op.shape(shapes);
    // Distances within half a block's images are 32-bit integers.
    const std::int64_t tiles = std::int64_t{out.channel_blocks()} * out.height * out.width;
    constexpr std::int64_t kMostTiles = std::numeric_limits<std::int32_t>::max() / kTileElements;
    if (tiles > kMostTiles) {
      throw InputError("{}: its output is {}, more than {} million values an image", path_, to_string(out),
                       kMostTiles * kBlockChannels / 1'000'000);
    }
    for (std::size_t i = 0; i < inputs.size(); ++i) shapes[i].channels = described_channels_[at(inputs[i])];
    described_channels_.push_back(op.shape(shapes).channels);
    graph_.nodes.push_back({std::move(name), std::move(inputs), out, std::make_shared<const Kind>(op)});
    return graph_.output();
  }

  // Parameters are saved under their layer's name, so it must be the layer's own.
  void claim_name(const std::string& name) {
    if (name.empty() || names_.insert(name).second) return;
    throw InputError("{}: an earlier layer is already named \"{}\"", path_, name);
  }

  // The given name, or the kind and the first number that makes it a new one.
  std::string name_for(const std::string& given, const std::string& kind) {
    int number = ++counts_[kind];
    if (!given.empty()) return given;
    while (!names_.insert(kind + std::to_string(number)).second) number = ++counts_[kind];
    return kind + std::to_string(number);
  }

  int add_parameter(Parameter parameter) {
    parameter.layer = path_;
    parameter.train_until = train_until_;
    graph_.parameters.push_back(std::move(parameter));
    return static_cast<int>(graph_.parameters.size()) - 1;
  }

  [[noreturn]] void refuse(const std::string& kind, const std::string& what) const {
    throw InputError("{} ({}): {}", path_, kind, what);
  }

  // Any layer but a convolution over pictures needs them in the blocked layout first.
  int blocked(int input) {
    if (graph_.nodes[static_cast<std::size_t>(input)].as<PicturesOp>() == nullptr) return input;
    return add_patches(input, {kPictureChannels, shape(input).height, shape(input).width});
  }

  int add_patches(int input, const kernels::PatchesGeometry& geometry) {
    return push("patches", {input}, PatchesOp(geometry));
  }

  struct FilterSpec {
    std::string name;
    std::string kind;
    ParameterRole role = ParameterRole::filters;
    ParameterRole bias_role = ParameterRole::biases;
    Initialisation initialisation = Initialisation::kaiming_uniform;
    bool bias = false;
    bool frozen = false;
    bool frozen_bias = false;
  };

  int add_convolution(const FilterSpec& spec, int input, ConvolutionGeometry geometry) {
    geometry.in = shape(input);
    const int height = geometry.in.height + 2 * geometry.pad - geometry.kernel_height;
    const int width = geometry.in.width + 2 * geometry.pad - geometry.kernel_width;
    if (height < 0 || width < 0) {
      refuse(spec.kind,
             fmt::format("a {}x{} kernel does not fit its {} input with padding {}", geometry.kernel_height,
                         geometry.kernel_width, to_string(geometry.in), geometry.pad));
    }
    if (geometry.in.channels % geometry.groups != 0 || geometry.out.channels % geometry.groups != 0) {
      refuse(spec.kind, fmt::format("groups is {}; it must divide the {} input and the {} output channels",
                                    geometry.groups, geometry.in.channels, geometry.out.channels));
    }
    geometry.out.height = height / geometry.stride + 1;
    geometry.out.width = width / geometry.stride + 1;
    Parameter weight{.name = spec.name + ".weight",
                     .shape = {geometry.out.channels, geometry.group_inputs(), geometry.kernel_height,
                               geometry.kernel_width},
                     .role = spec.role,
                     .initialisation = spec.initialisation,
                     .groups = geometry.groups,
                     .fan_in = geometry.group_inputs() * geometry.taps(),
                     .frozen = spec.frozen};
    const bool over_pictures = graph_.nodes[static_cast<std::size_t>(input)].as<PicturesOp>() != nullptr;
    if (over_pictures && geometry.groups == 1) {
      input =
          add_patches(input, {kPictureChannels, geometry.in.height, geometry.in.width, geometry.kernel_height,
                              geometry.kernel_width, geometry.stride, geometry.pad});
      geometry = {.in = shape(input), .out = geometry.out};
      weight.channels_last = true;
    } else {
      input = blocked(input);
    }
    const int fan_in = weight.fan_in;
    const int weight_index = add_parameter(std::move(weight));
    const int bias_index = spec.bias ? add_parameter({.name = spec.name + ".bias",
                                                      .shape = {geometry.out.channels},
                                                      .role = spec.bias_role,
                                                      .fan_in = spec.frozen ? 0 : fan_in,
                                                      .frozen = spec.frozen_bias})
                                     : kNone;
    if (graph_.products == Products::int8) geometry.int8 = kernels::suits_int8(geometry);
    return push(spec.name, {input}, ConvolutionOp(geometry, weight_index, bias_index));
  }

  int add(const ConvolutionDescription& layer, const std::string& name, int input) {
    const bool square_and_odd = layer.kernel_height == layer.kernel_width && layer.kernel_height % 2 == 1;
    if (layer.pad < 0 && !square_and_odd) {
      refuse("conv", fmt::format("pad \"same\" (the default) is for square kernels of odd size, not {}x{}; "
                                 "give pad as a number",
                                 layer.kernel_height, layer.kernel_width));
    }
    const int groups = layer.groups == 0 ? shape(input).channels : layer.groups;
    // A depthwise convolution follows its input's width; any other follows the network's.
    const int out = layer.groups == 0 && layer.out == described_channels_[at(input)] ? shape(input).channels
                                                                                     : scaled(layer.out);
    const ConvolutionGeometry geometry{.out = {out, 0, 0},
                                       .kernel_height = layer.kernel_height,
                                       .kernel_width = layer.kernel_width,
                                       .stride = layer.stride,
                                       .pad = layer.pad >= 0 ? layer.pad : layer.kernel_height / 2,
                                       .groups = groups};
    const int node = add_convolution({.name = name_for(name, "conv"),
                                      .kind = "conv",
                                      .initialisation = layer.initialisation,
                                      .bias = layer.bias},
                                     input, geometry);
    described_channels_[at(node)] = layer.out;
    return node;
  }

  int add(const WhiteningDescription& layer, const std::string& name, int input) {
    if (input != 0) refuse("whiten", "it works on pictures and must be the first layer");
    if (name.empty()) claim_name("whiten");
    const int filters = kPictureChannels * layer.kernel * layer.kernel;
    const ConvolutionGeometry geometry{.out = {layer.negatives ? 2 * filters : filters, 0, 0},
                                       .kernel_height = layer.kernel,
                                       .kernel_width = layer.kernel};
    const int node = add_convolution({.name = name.empty() ? "whiten" : name,
                                      .kind = "whiten",
                                      .bias_role = ParameterRole::whiten_bias,
                                      .bias = layer.bias,
                                      .frozen = true},
                                     input, geometry);
    graph_.has_whitening = true;
    graph_.whitening_description = layer;
    graph_.whitening_parameter = graph_.nodes.back().as<ConvolutionOp>()->weight;
    return node;
  }

  int add_linear(FilterSpec spec, int input, int out) {
    input = blocked(input);
    const ConvolutionGeometry geometry{
        .out = {out, 0, 0}, .kernel_height = shape(input).height, .kernel_width = shape(input).width};
    spec.role = ParameterRole::linear;
    return add_convolution(spec, input, geometry);
  }

  int add(const LinearDescription& layer, const std::string& name, int input) {
    if (layer.bias && layer.balance) refuse("linear", "it has both a bias and balance, which is one");
    const int node = add_linear({.name = name_for(name, "linear"),
                                 .kind = "linear",
                                 .initialisation = layer.initialisation,
                                 .bias = layer.bias || layer.balance,
                                 .frozen_bias = layer.balance},
                                input, layer.out == 0 ? graph_.classes : layer.out);
    if (layer.balance && graph_.balance_parameter == kNone)
      graph_.balance_parameter = graph_.nodes.back().as<ConvolutionOp>()->bias;
    return node;
  }

  int add(const BatchNormDescription& layer, const std::string& name, int input) {
    input = blocked(input);
    const std::string own_name = name_for(name, "norm");
    const Shape own_shape = shape(input);
    const auto parameter = [&](bool learned, const char* suffix, ParameterRole role) {
      if (!learned) return kNone;
      return add_parameter({.name = own_name + suffix, .shape = {own_shape.channels}, .role = role});
    };
    BatchNormOp node;
    node.eps = layer.eps;
    node.momentum = layer.momentum;
    node.scale = parameter(layer.scale, ".weight", ParameterRole::scales);
    node.bias = parameter(layer.bias, ".bias", ParameterRole::biases);
    node.statistics = static_cast<int>(graph_.norms.size());
    graph_.norms.push_back(own_shape);
    graph_.norm_names.push_back(own_name);
    return push(own_name, {input}, node);
  }

  int add_activation(kernels::ActivationKind kind, const std::string& name, int input) {
    return push(name_for(name, "act"), {input}, ActivationOp(kind));
  }

  int add(const ActivationDescription& layer, const std::string& name, int input) {
    return add_activation(layer.kind, name, blocked(input));
  }

  int add(const PoolDescription& layer, const std::string& name, int input) {
    input = blocked(input);
    const Shape in = shape(input);
    PoolGeometry geometry{.kind = layer.kind, .in = in};
    geometry.kernel_height = layer.global ? in.height : layer.kernel;
    geometry.kernel_width = layer.global ? in.width : layer.kernel;
    geometry.stride = layer.global ? 1 : layer.stride;
    geometry.pad = layer.global ? 0 : layer.pad;
    const int height = in.height + 2 * geometry.pad - geometry.kernel_height;
    const int width = in.width + 2 * geometry.pad - geometry.kernel_width;
    if (height < 0 || width < 0) {
      refuse("pool", fmt::format("a {}x{} window does not fit its {} input", geometry.kernel_height,
                                 geometry.kernel_width, to_string(in)));
    }
    if (2 * geometry.pad > std::min(geometry.kernel_height, geometry.kernel_width)) {
      refuse("pool", fmt::format("pad is {}; at most half the kernel is allowed", geometry.pad));
    }
    geometry.out = {in.channels, height / geometry.stride + 1, width / geometry.stride + 1};
    return push(name_for(name, "pool"), {input}, PoolOp(geometry));
  }

  int add(const SqueezeExciteDescription& layer, const std::string& name, int input) {
    const std::string own_name = name_for(name, "se");
    const int x = blocked(input);
    const int source = layer.from.empty() ? x : named(layer.from, "squeeze_excite");
    const int channels = shape(x).channels;
    if (shape(source).channels % layer.ratio != 0 || shape(source).channels < layer.ratio) {
      refuse("squeeze_excite", fmt::format("ratio is {}; it must divide the {} channels of its source",
                                           layer.ratio, shape(source).channels));
    }
    int gate =
        add(PoolDescription{.kind = kernels::PoolKind::average, .global = true}, own_name + ".mean", source);
    gate = add_linear({.name = own_name + ".reduce", .kind = "linear", .bias = true}, gate,
                      shape(source).channels / layer.ratio);
    gate = add_activation(layer.activation, own_name + ".act", gate);
    gate = add_linear({.name = own_name + ".expand", .kind = "linear", .bias = true}, gate, channels);
    gate = add_activation(kernels::ActivationKind::sigmoid, own_name + ".gate", gate);
    return push(own_name, {x, gate}, MultiplyOp());
  }

  int add(const AddDescription& layer, const std::string& name, int input) {
    const std::string own_name = name_for(name, "add");
    const std::string own_path = path_;
    int other = named(layer.from, "add");
    if (!layer.shortcut.empty()) other = add_layers(layer.shortcut, other, own_path + ".shortcut");
    path_ = own_path;
    input = blocked(input);
    other = blocked(other);
    if (shape(input) != shape(other)) {
      refuse("add",
             fmt::format("it adds {} (from \"{}\"{}) to {}; both must have one shape",
                         to_string(shape(other)), layer.from,
                         layer.shortcut.empty() ? "" : ", through the shortcut", to_string(shape(input))));
    }
    return push(own_name, {input, other}, AddOp());
  }

  int named(const std::string& from, const char* kind) const {
    const auto found = named_.find(from);
    if (found == named_.end())
      refuse(kind, fmt::format("from is \"{}\", which no earlier layer is named", from));
    return found->second;
  }

  int scaled(int channels) const {
    if (description_.width == 1.0) return channels;
    constexpr double kMost = 1'000'000;  // only keeps nonsense out
    const double wanted = channels * description_.width;
    if (wanted > kMost) {
      throw InputError("network.width is {}: {} would have {:.0f} channels; the most is {:.0f}",
                       description_.width, path_, wanted, kMost);
    }
    return std::max(8, static_cast<int>(std::lround(wanted / 8)) * 8);
  }

  const NetworkDescription& description_;
  Graph graph_;
  std::string path_;        // of the layer in work
  double train_until_ = 0;  // its parameters'
  std::map<std::string, int> named_;
  std::set<std::string> names_;
  std::map<std::string, int> counts_;
  // By node, its channels at width 1: a convolution's `out`, and what follows from it.
  std::vector<int> described_channels_;
};

}  // namespace

Graph build_graph(const NetworkDescription& description, const GraphInput& input) {
  Graph graph = fuse(Builder(description, input).build());
  for (const Node& node : graph.nodes) {
    if (const auto* convolution = node.as<ConvolutionOp>()) kernels::check(convolution->geometry);
  }
  return graph;
}

}  // namespace ftl::graph
