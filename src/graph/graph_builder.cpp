#include "graph/graph_builder.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "graph/ops/convolution.hpp"
#include "graph/ops/patches.hpp"
#include "graph/ops/pictures.hpp"

namespace ftl::graph {

using kernels::ConvolutionGeometry;

GraphBuilder::GraphBuilder(const NetworkDescription& description, const GraphInput& input)
    : description_(description) {
  graph_.classes = input.classes;
  graph_.products = description.products;
  graph_.logit_scale = description.logit_scale;
  push("pictures", {}, PicturesOp(input.height, input.width));
}

Graph GraphBuilder::build() {
  const int last = add_in_order(description_.layers, 0, "network.layers");
  const Shape expected{graph_.classes, 1, 1};
  if (shape(last) != expected) {
    throw InputError(
        "network.layers: the last layer gives {}, but {} classes need {}: end with a linear layer",
        to_string(shape(last)), graph_.classes, to_string(expected));
  }
  const auto* op = graph_.nodes[at(last)].as<ConvolutionOp>();
  if (graph_.balance_parameter != kNone && (op == nullptr || op->bias != graph_.balance_parameter)) {
    throw InputError("{} (linear): only the last layer can have balance",
                     graph_.parameters[at(graph_.balance_parameter)].layer);
  }
  return std::move(graph_);
}

int GraphBuilder::add_layers(const std::vector<LayerDescription>& layers, int input, const std::string& key) {
  const std::string own_path = path_;
  const int last = add_in_order(layers, input, fmt::format("{}.{}", own_path, key));
  path_ = own_path;
  return last;
}

int GraphBuilder::add_in_order(const std::vector<LayerDescription>& layers, int input,
                               const std::string& path) {
  int value = input;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const LayerDescription& description = layers[i];
    path_ = fmt::format("{}[{}]", path, i);
    train_until_ = description.train_until;
    claim_name(description.name);
    value = description.layer.add_to(*this, description.name, value);
    named_[description.name] = value;
  }
  return value;
}

int GraphBuilder::push_op(std::string name, std::vector<int> inputs, std::shared_ptr<const Op> op) {
  std::vector<Shape> shapes;
  for (const int input : inputs) shapes.push_back(shape(input));
  const Shape out = op->shape(shapes);
  // Distances within half a block's images are 32-bit integers.
  const std::int64_t tiles = std::int64_t{out.channel_blocks()} * out.height * out.width;
  constexpr std::int64_t kMostTiles = std::numeric_limits<std::int32_t>::max() / kTileElements;
  if (tiles > kMostTiles) {
    throw InputError("{}: its output is {}, more than {} million values an image", path_, to_string(out),
                     kMostTiles * kBlockChannels / 1'000'000);
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) shapes[i].channels = described_channels(inputs[i]);
  described_channels_.push_back(op->shape(shapes).channels);
  graph_.nodes.push_back({std::move(name), std::move(inputs), out, std::move(op)});
  return graph_.output();
}

int GraphBuilder::blocked(int input) {
  if (graph_.nodes[at(input)].as<PicturesOp>() == nullptr) return input;
  return add_patches(input, {kPictureChannels, shape(input).height, shape(input).width});
}

int GraphBuilder::add_patches(int input, const kernels::PatchesGeometry& geometry) {
  return push("patches", {input}, PatchesOp(geometry));
}

int GraphBuilder::add_convolution(const FilterSpec& spec, int input, ConvolutionGeometry geometry) {
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
  const bool over_pictures = graph_.nodes[at(input)].as<PicturesOp>() != nullptr;
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

int GraphBuilder::add_linear(FilterSpec spec, int input, int out) {
  input = blocked(input);
  const ConvolutionGeometry geometry{
      .out = {out, 0, 0}, .kernel_height = shape(input).height, .kernel_width = shape(input).width};
  spec.role = ParameterRole::linear;
  return add_convolution(spec, input, geometry);
}

int GraphBuilder::add_parameter(Parameter parameter) {
  parameter.layer = path_;
  parameter.train_until = train_until_;
  graph_.parameters.push_back(std::move(parameter));
  return static_cast<int>(graph_.parameters.size()) - 1;
}

void GraphBuilder::claim_name(const std::string& name) {
  if (names_.insert(name).second) return;
  throw InputError("{}: an earlier layer is already named \"{}\"", path_, name);
}

int GraphBuilder::named(const std::string& from, const std::string& kind) const {
  const auto found = named_.find(from);
  if (found == named_.end())
    refuse(kind, fmt::format("from is \"{}\", which no earlier layer is named", from));
  return found->second;
}

int GraphBuilder::scaled(int channels) const {
  if (description_.width == 1.0) return channels;
  constexpr double kMost = 1'000'000;  // only keeps nonsense out
  const double wanted = channels * description_.width;
  if (wanted > kMost) {
    throw InputError("network.width is {}: {} would have {:.0f} channels; the most is {:.0f}",
                     description_.width, path_, wanted, kMost);
  }
  return std::max(8, static_cast<int>(std::lround(wanted / 8)) * 8);
}

void GraphBuilder::refuse(const std::string& kind, const std::string& what) const {
  throw InputError("{} ({}): {}", path_, kind, what);
}

}  // namespace ftl::graph
