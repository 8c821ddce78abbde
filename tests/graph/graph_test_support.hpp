// What the tests of networks share: small networks of every kind that the recipes use, pictures and targets.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "engine/reference/reference_network.hpp"
#include "graph/graph.hpp"
#include "graph/layers/activation.hpp"
#include "graph/layers/add.hpp"
#include "graph/layers/batch_norm.hpp"
#include "graph/layers/convolution.hpp"
#include "graph/layers/linear.hpp"
#include "graph/layers/pool.hpp"
#include "graph/layers/squeeze_excite.hpp"
#include "graph/layers/whitening.hpp"
#include "graph/model.hpp"
#include "graph/ops/concat.hpp"
#include "kernels/test_support.hpp"

namespace ftl::graph::test {

using kernels::ActivationKind;
using kernels::PoolKind;
using Layers = std::vector<LayerDescription>;

inline LayerDescription act(ActivationKind kind, std::string name = "") {
  return {std::move(name), ActivationDescription{kind}};
}

inline LayerDescription conv(int out, int kernel = 3, int stride = 1, int groups = 1, bool bias = false) {
  return {"", ConvolutionDescription{.out = out,
                                     .kernel_height = kernel,
                                     .kernel_width = kernel,
                                     .stride = stride,
                                     .groups = groups,
                                     .bias = bias}};
}

inline LayerDescription norm(bool scale = false) {
  return {"", BatchNormDescription{.scale = scale, .momentum = 0.4}};
}

inline LayerDescription pool(PoolKind kind, int kernel = 2, int stride = 2, int pad = 0) {
  return {"", PoolDescription{.kind = kind, .kernel = kernel, .stride = stride, .pad = pad}};
}

inline LayerDescription global_pool(PoolKind kind) {
  return {"", PoolDescription{.kind = kind, .global = true}};
}

inline LayerDescription linear(int out = 0, bool bias = false,
                               Initialisation initialisation = Initialisation::kaiming_uniform) {
  return {"", LinearDescription{.out = out, .bias = bias, .initialisation = initialisation}};
}

inline LayerDescription whiten(bool negatives, bool bias) {
  return {"", WhiteningDescription{.negatives = negatives, .bias = bias}};
}

struct TestNetwork {
  std::string name;
  NetworkDescription description;
  GraphInput input;

  Graph graph() const { return build_graph(description, input); }
};

// The heads pool by average where the recipes take the maximum: among values stored in bf16 ties are common,
// a rounding decides them, and each moves a whole gradient elsewhere, which hides what these networks are to
// show.

// Whitening, pooled and plain convolutions, batch norm: airbench94 in small. 14 -> 13 -> 6 -> 3 -> 1.
inline TestNetwork airbench_like() {
  const auto gelu = act(ActivationKind::gelu);
  return {"airbench",
          {.logit_scale = 0.125,
           .layers = {whiten(true, true), gelu, conv(16), pool(PoolKind::max), norm(), gelu, conv(16), norm(),
                      gelu, conv(40), pool(PoolKind::max), norm(), gelu, conv(40), norm(), gelu,
                      pool(PoolKind::average, 3, 3), linear(0, false, Initialisation::unit_std)}},
          {14, 14, 10}};
}

// Convolutions that suit 8-bit integers, and a first one of which only the weights' gradient does. The first
// of a residual block takes a value that something else takes, too; the one after the block takes a sum; the
// last one what only it takes of a norm.
inline TestNetwork int8_network() {
  const auto silu = act(ActivationKind::silu);
  return {"int8",
          {.products = Products::int8,
           .logit_scale = 0.125,
           .layers = {whiten(true, false), silu, conv(64), pool(PoolKind::max), norm(),
                      act(ActivationKind::silu, "r"), conv(64), norm(), silu,
                      LayerDescription{"", AddDescription{.from = "r", .shortcut = {}}}, conv(128),
                      pool(PoolKind::max), norm(), silu, conv(64), norm(), silu,
                      global_pool(PoolKind::average), linear()}},
          {14, 14, 10}};
}

// A gated residual block, hlb-0.3 in small.
inline TestNetwork hlb_like() {
  const auto gelu = act(ActivationKind::gelu);
  return {"hlb",
          {.logit_scale = 0.25,
           .layers = {whiten(false, false),
                      conv(24, 1),
                      norm(),
                      gelu,
                      conv(40),
                      pool(PoolKind::max),
                      norm(),
                      act(ActivationKind::gelu, "r"),
                      conv(40),
                      norm(),
                      gelu,
                      conv(40),
                      LayerDescription{"",
                                       SqueezeExciteDescription{
                                           .from = "r", .ratio = 8, .activation = ActivationKind::gelu}},
                      norm(),
                      gelu,
                      LayerDescription{"", AddDescription{.from = "r", .shortcut = {}}},
                      conv(48),
                      norm(),
                      gelu,
                      global_pool(PoolKind::average),
                      linear()}},
          {13, 13, 10}};
}

// Residual blocks with and without a strided shortcut.
inline TestNetwork resnet_like() {
  const auto relu = act(ActivationKind::relu);
  return {
      "resnet",
      {.layers = {conv(16), norm(true), act(ActivationKind::relu, "stem"), conv(16), norm(true), relu,
                  conv(16), norm(true), LayerDescription{"", AddDescription{.from = "stem", .shortcut = {}}},
                  act(ActivationKind::relu, "block1"), conv(40, 3, 2), norm(true), relu, conv(40), norm(true),
                  LayerDescription{
                      "", AddDescription{.from = "block1", .shortcut = {conv(40, 1, 2), norm(true)}}},
                  relu, global_pool(PoolKind::average), linear(0, true)}},
      {10, 10, 13}};
}

// Everything the others lack: no norms, biases, strides, groups, overlapping pools, a hidden linear layer.
inline TestNetwork plain_network() {
  return {"plain",
          {.layers = {conv(24, 5, 2, 1, true), act(ActivationKind::silu), conv(24, 3, 1, 0, true),
                      act(ActivationKind::celu), conv(48, 3, 1, 4, true), pool(PoolKind::average, 3, 2, 1),
                      LayerDescription{"", SqueezeExciteDescription{.from = "", .ratio = 4}},
                      pool(PoolKind::max, 3, 1, 1), act(ActivationKind::sigmoid), linear(20, true),
                      act(ActivationKind::relu), linear(0, true)}},
          {11, 9, 5}};
}

// Concatenations whose parts begin within channel blocks and at their bounds, one of a value with itself.
inline TestNetwork concat_network() {
  const auto silu = act(ActivationKind::silu);
  return {"concat",
          {.layers = {conv(20), norm(), act(ActivationKind::silu, "a"), conv(33),
                      LayerDescription{"", ConcatDescription{{"a"}}}, conv(40, 1), norm(),
                      act(ActivationKind::silu, "b"), conv(32),
                      LayerDescription{"c", ConcatDescription{{"b", "b"}}}, norm(), silu,
                      global_pool(PoolKind::average), linear(0, true)}},
          {9, 7, 10}};
}

// A model whose weights bf16 holds exactly, with norms that are not at their initial values.
inline Model random_model(const Graph& graph, std::uint64_t seed) {
  Model model = initialise(graph, seed);
  Random random(seed, RandomPurpose::test, 1);
  for (std::size_t p = 0; p < graph.parameters.size(); ++p) {
    const Parameter& parameter = graph.parameters[p];
    for (float& value : model.parameters[p]) {
      if (parameter.frozen) value = random.uniform(-1, 1);
      if (parameter.shape.size() == 1) value += random.uniform(-0.3f, 0.3f);
      if (parameter.shape.size() == 4) value = kernels::test::rounded(value);
    }
  }
  for (RunningStatistics& norm_statistics : model.norms) {
    for (float& mean : norm_statistics.mean) mean = random.uniform(-0.2f, 0.2f);
    for (float& variance : norm_statistics.variance) variance = random.uniform(0.2f, 1.5f);
  }
  return model;
}

// Noise on a gradient over the picture, and mixed targets.
template <class Real>
engine::ReferenceBatch<Real> random_batch(const GraphInput& input, int images) {
  engine::ReferenceBatch<Real> batch{.images = images};
  for (int image = 0; image < images; ++image) {
    Random random(9, RandomPurpose::test, 2, static_cast<std::uint32_t>(image));
    float slope[3];
    for (float& of_channel : slope) of_channel = random.uniform(-1, 1);
    for (int y = 0; y < input.height; ++y) {
      for (int x = 0; x < input.width; ++x) {
        for (const float of_channel : slope) {
          const float gradient = of_channel * static_cast<float>(x + y) / static_cast<float>(input.width);
          batch.pictures.push_back(kernels::test::rounded(gradient + random.uniform(-1, 1)));
        }
      }
    }
    const auto classes = static_cast<std::uint32_t>(input.classes);
    batch.targets.push_back({static_cast<std::int32_t>(random.below(classes)),
                             static_cast<std::int32_t>(random.below(classes)),
                             image % 2 == 0 ? 1.0f : random.uniform()});
  }
  return batch;
}

}  // namespace ftl::graph::test
