#include "graph/graph.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "graph/graph_test_support.hpp"
#include "graph/ops/batch_norm.hpp"
#include "graph/ops/convolution.hpp"

namespace ftl::graph {
namespace {

using namespace test;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr GraphInput kCifar{32, 32, 10};

std::vector<std::string> shapes(const Graph& graph) {
  std::vector<std::string> texts;
  for (const Node& node : graph.nodes) texts.push_back(to_string(node.shape));
  return texts;
}

std::vector<std::string> parameter_names(const Graph& graph) {
  std::vector<std::string> names;
  for (const Parameter& parameter : graph.parameters) names.push_back(parameter.name);
  return names;
}

Graph graph_of(Layers layers, const GraphInput& input = kCifar) {
  return build_graph({.layers = std::move(layers)}, input);
}

std::string refusal(Layers layers, const GraphInput& input = kCifar) {
  try {
    (void)graph_of(std::move(layers), input);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

LayerDescription add(std::string from, Layers shortcut = {}) {
  return {"", AddDescription{std::move(from), std::move(shortcut)}};
}

LayerDescription squeeze_excite(std::string from, int ratio) {
  return {"", SqueezeExciteDescription{.from = std::move(from), .ratio = ratio}};
}

LayerDescription named(std::string name, LayerDescription layer) {
  layer.name = std::move(name);
  return layer;
}

TEST(Graph, SizesFollowFromPicturesAndClasses) {
  const Graph graph = graph_of({whiten(true, true), act(ActivationKind::gelu), conv(64), pool(PoolKind::max),
                                conv(48, 5, 3), global_pool(PoolKind::average), linear()},
                               {32, 20, 7});
  EXPECT_THAT(shapes(graph), ElementsAre("3x32x20", "12x31x19", "24x31x19", "24x31x19", "64x15x9", "48x5x3",
                                         "48x1x1", "7x1x1"));
}

TEST(Graph, AConvolutionOverPicturesIsOneOverTheirPatches) {
  const Graph graph = graph_of({conv(16, 3, 2), global_pool(PoolKind::max), linear()});
  EXPECT_THAT(shapes(graph), ElementsAre("3x32x32", "27x16x16", "16x16x16", "16x1x1", "10x1x1"));
  const Parameter& weight = graph.parameters[0];
  EXPECT_TRUE(weight.channels_last);
  EXPECT_THAT(weight.shape, ElementsAre(16, 3, 3, 3));
  EXPECT_FALSE(graph.parameters[1].channels_last);
}

TEST(Graph, NamesParametersByTheirLayer) {
  const Graph graph =
      graph_of({whiten(false, true), conv(8, 3, 1, 1, true), named("stem", conv(8)), norm(true), conv(8),
                squeeze_excite("stem", 4), global_pool(PoolKind::max), named("head", linear())});
  EXPECT_THAT(parameter_names(graph),
              ElementsAre("whiten.weight", "whiten.bias", "conv1.weight", "conv1.bias", "stem.weight",
                          "norm1.weight", "norm1.bias", "conv3.weight", "se1.reduce.weight",
                          "se1.reduce.bias", "se1.expand.weight", "se1.expand.bias", "head.weight"));
  EXPECT_TRUE(graph.parameters[0].frozen);
  EXPECT_EQ(graph.parameters[1].role, ParameterRole::whiten_bias);
  EXPECT_EQ(graph.parameters[2].role, ParameterRole::filters);
  EXPECT_EQ(graph.parameters[5].role, ParameterRole::scales);
  EXPECT_EQ(graph.parameters[12].role, ParameterRole::linear);
}

TEST(Graph, MadeUpNamesStepAsideForGivenOnes) {
  EXPECT_THAT(parameter_names(graph_of({named("conv2", conv(8)), conv(8), conv(8), linear()})),
              ElementsAre("conv2.weight", "conv3.weight", "conv4.weight", "linear1.weight"));
}

// Of each convolution.
std::vector<int> channels_of(const NetworkDescription& network) {
  std::vector<int> channels;
  for (const Node& node : build_graph(network, kCifar).nodes) {
    if (node.as<ConvolutionOp>() != nullptr) channels.push_back(node.shape.channels);
  }
  return channels;
}

TEST(Graph, WidthLeavesADepthwiseConvolutionItsMultiplier) {
  const std::vector<LayerDescription> tail = {global_pool(PoolKind::max), linear()};
  const auto with = [&](std::vector<LayerDescription> layers) {
    layers.insert(layers.end(), tail.begin(), tail.end());
    return channels_of({.width = 2, .layers = layers});
  };
  EXPECT_THAT(with({conv(24), conv(48, 3, 1, 0)}), ElementsAre(48, 96, 10));
  EXPECT_THAT(with({conv(24), norm(), act(ActivationKind::relu), pool(PoolKind::max), conv(48, 3, 1, 0)}),
              ElementsAre(48, 96, 10));
  EXPECT_THAT(with({conv(24), norm(), conv(24, 3, 1, 0)}), ElementsAre(48, 48, 10));
}

TEST(Graph, WidthScalesConvolutionsToMultiplesOfEight) {
  const auto channels_at = [](double width) {
    return channels_of(
        {.width = width,
         .layers = {conv(64), conv(64, 3, 1, 0), conv(20), global_pool(PoolKind::max), linear()}});
  };
  EXPECT_THAT(channels_at(1), ElementsAre(64, 64, 20, 10));
  EXPECT_THAT(channels_at(2), ElementsAre(128, 128, 40, 10));
  EXPECT_THAT(channels_at(0.7), ElementsAre(48, 48, 16, 10));  // 44.8 and 14
  EXPECT_THAT(channels_at(0.01), ElementsAre(8, 8, 8, 10));
}

TEST(Graph, FusesPoolsIntoConvolutionsAndActivationsIntoNorms) {
  const Graph graph = graph_of({conv(8), pool(PoolKind::max), norm(), act(ActivationKind::gelu),
                                global_pool(PoolKind::max), linear()});
  ASSERT_EQ(graph.nodes.size(), 6u);  // pictures, patches, conv and pool, norm and act, pool, linear
  EXPECT_TRUE(graph.nodes[2].as<ConvolutionOp>()->geometry.pool);
  EXPECT_EQ(graph.nodes[3].as<BatchNormOp>()->activation, ActivationKind::gelu);
  EXPECT_THAT(graph.nodes[4].inputs, ElementsAre(3));
}

TEST(Graph, KeepsWhatAnotherLayerNeedsUnfused) {
  const Graph graph =
      graph_of({conv(8), named("r", norm()), act(ActivationKind::relu), add("r"), named("s", conv(8)),
                pool(PoolKind::max), squeeze_excite("s", 4), global_pool(PoolKind::max), linear()});
  for (const Node& node : graph.nodes) {
    if (const auto* normed = node.as<BatchNormOp>()) {
      EXPECT_EQ(normed->activation, ActivationKind::identity);
    }
    if (const auto* convolution = node.as<ConvolutionOp>()) {
      EXPECT_FALSE(convolution->geometry.pool);
    }
  }
}

TEST(Graph, FusesOnlyWhatOneKernelComputes) {
  const Graph graph = graph_of({conv(8), pool(PoolKind::average), conv(8), pool(PoolKind::max, 3), conv(8),
                                pool(PoolKind::max, 2, 1), norm(), act(ActivationKind::sigmoid),
                                global_pool(PoolKind::max), linear()});
  EXPECT_EQ(graph.nodes.size(), 12u);  // one a layer, pictures and patches: nothing was joined
}

TEST(Graph, ASecondPoolOrActivationStaysItsOwn) {
  const Graph graph =
      graph_of({conv(8), pool(PoolKind::max), pool(PoolKind::max), norm(), act(ActivationKind::relu),
                act(ActivationKind::silu), global_pool(PoolKind::max), linear()});
  EXPECT_THAT(shapes(graph),
              ElementsAre("3x32x32", "27x32x32", "8x16x16", "8x8x8", "8x8x8", "8x8x8", "8x1x1", "10x1x1"));
}

TEST(GraphRefuses, ALastLayerThatIsNotOneLogitAClass) {
  EXPECT_EQ(
      refusal({conv(16)}),
      "network.layers: the last layer gives 16x32x32, but 10 classes need 10x1x1: end with a linear layer");
}

TEST(GraphRefuses, AKernelLargerThanItsInput) {
  EXPECT_EQ(refusal({pool(PoolKind::max, 16, 16),
                     LayerDescription{"", ConvolutionDescription{.out = 8, .pad = 0}}, linear()}),
            "network.layers[1] (conv): a 3x3 kernel does not fit its 3x2x2 input with padding 0");
  EXPECT_EQ(refusal({pool(PoolKind::max, 16, 16), pool(PoolKind::max, 3), linear()}),
            "network.layers[1] (pool): a 3x3 window does not fit its 3x2x2 input");
}

TEST(GraphRefuses, APoolWhoseWindowsMayMissTheirInput) {
  EXPECT_EQ(refusal({pool(PoolKind::max, 2, 2, 2), linear()}),
            "network.layers[0] (pool): pad is 2; at most half the kernel is allowed");
}

TEST(GraphRefuses, GroupsThatDoNotDivideTheChannels) {
  EXPECT_EQ(refusal({conv(16), conv(16, 3, 1, 3), linear()}),
            "network.layers[1] (conv): groups is 3; it must divide the 16 input and the 16 output channels");
}

TEST(GraphRefuses, AWhiteningThatIsNotFirst) {
  EXPECT_EQ(refusal({conv(16), whiten(false, false), linear()}),
            "network.layers[1] (whiten): it works on pictures and must be the first layer");
}

TEST(GraphRefuses, ANameThatNoEarlierLayerHas) {
  EXPECT_EQ(refusal({conv(16), add("stem"), named("stem", conv(16)), linear()}),
            "network.layers[1] (add): from is \"stem\", which no earlier layer is named");
  EXPECT_EQ(refusal({conv(16), squeeze_excite("stem", 4), linear()}),
            "network.layers[1] (squeeze_excite): from is \"stem\", which no earlier layer is named");
}

TEST(GraphRefuses, SumsOfDifferentShapes) {
  EXPECT_EQ(
      refusal({named("stem", conv(16)), conv(24, 3, 2), add("stem"), linear()}),
      "network.layers[2] (add): it adds 16x32x32 (from \"stem\") to 24x16x16; both must have one shape");
  EXPECT_EQ(
      refusal({named("stem", conv(16)), conv(24, 3, 2), add("stem", {conv(24, 1)}), linear()}),
      "network.layers[2] (add): it adds 24x32x32 (from \"stem\", through the shortcut) to 24x16x16; both "
      "must have one shape");
}

LayerDescription concat(std::vector<std::string> from) {
  return {"", ConcatDescription{std::move(from)}};
}

TEST(Graph, AConcatHasTheChannelsOfAllItTakes) {
  const Graph graph = graph_of({named("a", conv(20)), named("b", conv(5)), concat({"a", "b"}),
                                global_pool(PoolKind::average), linear()});
  EXPECT_EQ(to_string(graph.nodes[4].shape), "30x32x32");
  EXPECT_THAT(graph.nodes[4].inputs, ElementsAre(3, 2, 3));
}

TEST(Graph, WidthLeavesADepthwiseConvolutionBehindAConcatItsMultiplier) {
  EXPECT_THAT(channels_of({.width = 2,
                           .layers = {named("a", conv(20)), conv(4), concat({"a"}), conv(24, 3, 1, 0),
                                      global_pool(PoolKind::max), linear()}}),
              ElementsAre(40, 8, 48, 10));
}

TEST(GraphRefuses, AConcatOfDifferentSizes) {
  EXPECT_EQ(
      refusal({named("stem", conv(16)), conv(24, 3, 2), concat({"stem"}), linear()}),
      "network.layers[2] (concat): it puts 16x32x32 (from \"stem\") beside 24x16x16; both must have one "
      "height and width");
  EXPECT_EQ(refusal({conv(16), concat({"stem"}), linear()}),
            "network.layers[1] (concat): from is \"stem\", which no earlier layer is named");
}

TEST(GraphRefuses, AShortcutLayerByItsPlaceInTheShortcut) {
  EXPECT_THAT(refusal({named("stem", conv(16)), add("stem", {norm(), conv(16, 1, 1, 3)}), linear()}),
              HasSubstr("network.layers[1].shortcut[1] (conv): groups is 3"));
}

TEST(GraphRefuses, ARatioThatDoesNotDivideTheChannels) {
  EXPECT_EQ(refusal({conv(24), squeeze_excite("", 16), linear()}),
            "network.layers[1] (squeeze_excite): ratio is 16; it must divide the 24 channels of its source");
}

TEST(GraphRefuses, TwoLayersOfOneName) {
  EXPECT_EQ(refusal({named("stem", conv(16)), named("stem", conv(16)), linear()}),
            "network.layers[1]: an earlier layer is already named \"stem\"");
  EXPECT_EQ(refusal({conv(16), named("conv1", conv(16)), linear()}),
            "network.layers[1]: an earlier layer is already named \"conv1\"");
  EXPECT_EQ(refusal({whiten(false, false), named("whiten", conv(16)), linear()}),
            "network.layers[1]: an earlier layer is already named \"whiten\"");
}

TEST(GraphRefuses, BalanceBesideABiasOrBeforeTheLastLayer) {
  const auto balanced = [](int out, bool bias) {
    return LayerDescription{"", LinearDescription{.out = out, .bias = bias, .balance = true}};
  };
  EXPECT_EQ(refusal({conv(16), balanced(0, true)}),
            "network.layers[1] (linear): it has both a bias and balance, which is one");
  EXPECT_EQ(refusal({balanced(12, false), linear()}),
            "network.layers[0] (linear): only the last layer can have balance");
  EXPECT_EQ(refusal({conv(16), balanced(0, false)}), "accepted");
}

TEST(GraphRefuses, OutputsTooLargeToAddress) {
  const auto padded = [](int pad) {
    return LayerDescription{
        "", ConvolutionDescription{.out = 8, .kernel_height = 1, .kernel_width = 1, .pad = pad}};
  };
  EXPECT_THAT(refusal({padded(32752), linear()}),
              AllOf(HasSubstr("network.layers[0]"), HasSubstr("65536"), HasSubstr("134 million values")));
  EXPECT_THAT(refusal({padded(1'000'000), linear()}), HasSubstr("134 million values"));
  EXPECT_EQ(refusal({padded(500), linear()}), "accepted");
}

TEST(GraphRefuses, SamePaddingForKernelsThatCannotHaveIt) {
  const auto convolution = [](int height, int width, int pad) {
    return LayerDescription{
        "", ConvolutionDescription{.out = 16, .kernel_height = height, .kernel_width = width, .pad = pad}};
  };
  EXPECT_THAT(refusal({convolution(1, 3, -1), linear()}), HasSubstr("(conv): pad \"same\""));
  EXPECT_THAT(refusal({convolution(2, 2, -1), linear()}), HasSubstr("not 2x2; give pad as a number"));
  EXPECT_EQ(refusal({convolution(5, 5, -1), linear()}), "accepted");
  EXPECT_EQ(refusal({convolution(1, 3, 0), linear()}), "accepted");
}

}  // namespace
}  // namespace ftl::graph
