#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.hpp"
#include "graph/graph.hpp"
#include "graph/layer_names.hpp"
#include "graph/layers/activation.hpp"
#include "graph/layers/add.hpp"
#include "graph/layers/batch_norm.hpp"
#include "graph/layers/convolution.hpp"
#include "graph/layers/linear.hpp"
#include "graph/layers/pool.hpp"
#include "graph/layers/squeeze_excite.hpp"
#include "graph/rewrite/carry_over.hpp"
#include "graph/rewrite/layers.hpp"

namespace ftl::graph {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr GraphInput kInput{8, 8, 10};

LayerDescription layer(Layer operation, std::string name = "") {
  return {.name = std::move(name), .layer = std::move(operation)};
}

// pictures -> conv1 -> norm1 -> body -> conv2 -> norm2 -> act2 -> + shortcut(body) -> pool1 -> linear1
NetworkDescription residual() {
  NetworkDescription network;
  network.layers = {
      layer(ConvolutionDescription{.out = 16}),
      layer(BatchNormDescription{}),
      layer(ActivationDescription{}, "body"),
      layer(ConvolutionDescription{.out = 16}),
      layer(BatchNormDescription{}),
      layer(ActivationDescription{}),
      layer(AddDescription{
          .from = "body",
          .shortcut = {layer(ConvolutionDescription{.out = 16, .kernel_height = 1, .kernel_width = 1})}}),
      layer(PoolDescription{.global = true}),
      layer(LinearDescription{})};
  name_layers(network);
  return network;
}

std::vector<std::string> parameter_names(const NetworkDescription& network) {
  std::vector<std::string> names;
  for (const Parameter& parameter : build_graph(network, kInput).parameters) names.push_back(parameter.name);
  return names;
}

const std::vector<float>& values_of(const Graph& graph, const Model& model, const std::string& name) {
  const auto found = std::ranges::find(graph.parameters, name, &Parameter::name);
  EXPECT_NE(found, graph.parameters.end()) << name;
  return model.parameters.at(static_cast<std::size_t>(found - graph.parameters.begin()));
}

TEST(LayerNames, AreThoseThatParametersHaveWithoutThem) {
  NetworkDescription network = residual();
  EXPECT_THAT(parameter_names(network), ElementsAre("conv1.weight", "norm1.bias", "conv2.weight",
                                                    "norm2.bias", "conv3.weight", "linear1.weight"));
  network.layers[0].name = "conv2";
  network.layers[3].name = "";
  network.layers[6].layer = SqueezeExciteDescription{.from = "body", .ratio = 4};
  network.layers[7].name = "";
  const std::vector<std::string> without = parameter_names(network);
  name_layers(network);
  EXPECT_EQ(network.layers[3].name, "conv3") << "conv2 is taken";
  EXPECT_EQ(network.layers[7].name, "pool2") << "after the one within squeeze-and-excite";
  EXPECT_EQ(parameter_names(network), without);
}

TEST(Rewrite, RemovedLayerLeavesTheOthersTheirNames) {
  NetworkDescription network = residual();
  remove_layer(network, "conv2");
  remove_layer(network, "norm2");
  EXPECT_THAT(parameter_names(network),
              ElementsAre("conv1.weight", "norm1.bias", "conv3.weight", "linear1.weight"));
}

TEST(Rewrite, WhoTakesARemovedLayersOutputTakesThatOfTheLayerBefore) {
  NetworkDescription network = residual();
  remove_layer(network, "body");
  EXPECT_EQ(network.layers[5].layer.as<AddDescription>()->from, "norm1");
  EXPECT_NO_THROW(build_graph(network, kInput));

  NetworkDescription first;
  first.layers = {layer(ConvolutionDescription{.out = 3}, "stem"),
                  layer(AddDescription{.from = "stem", .shortcut = {}})};
  EXPECT_THROW(remove_layer(first, "stem"), InputError);
}

TEST(Rewrite, ReplacedLayersOutputKeepsItsName) {
  NetworkDescription network = residual();
  replace_layer(network, "body",
                {layer(ActivationDescription{}), layer(PoolDescription{.kernel = 1, .stride = 1})});
  EXPECT_EQ(network.layers[2].name, "");
  EXPECT_EQ(network.layers[3].name, "body");
  EXPECT_NO_THROW(build_graph(network, kInput));
}

TEST(Rewrite, LayersAreFoundInShortcuts) {
  NetworkDescription network = residual();
  insert_after(network, "conv3", layer(BatchNormDescription{}, "further"));
  insert_before(network, "conv3", layer(ActivationDescription{}, "before"));
  const auto& shortcut = network.layers[6].layer.as<AddDescription>()->shortcut;
  ASSERT_EQ(shortcut.size(), 3u);
  EXPECT_EQ(shortcut[0].name, "before");
  EXPECT_EQ(shortcut[2].name, "further");
}

TEST(Rewrite, RefusesWhatIsNotThere) {
  NetworkDescription network = residual();
  try {
    widen_layer(network, "conv9", 3);
    FAIL() << "a layer that is not there was widened";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("\"conv9\""));
  }
  EXPECT_THROW(widen_layer(network, "body", 32), InputError);
  EXPECT_THROW(remove_layer(network, ""), InputError);
}

TEST(CarryOver, FindsWeightsByNameAfterARemoval) {
  const Graph before = build_graph(residual(), kInput);
  Model model = initialise(before, 1);
  model.norms[0].mean[3] = 7;
  NetworkDescription network = residual();
  for (const char* name : {"conv2", "norm2", "act2"}) remove_layer(network, name);
  const Graph after = build_graph(network, kInput);
  const Model carried = carry_over(before, model, after, 2);
  for (const Parameter& parameter : after.parameters) {
    EXPECT_EQ(values_of(after, carried, parameter.name), values_of(before, model, parameter.name))
        << parameter.name;
  }
  EXPECT_EQ(carried.norms[0].mean[3], 7);
}

TEST(CarryOver, WidenedLayersKeepTheirChannelsAndFurtherOnesAreInitialised) {
  const Graph before = build_graph(residual(), kInput);
  const Model model = initialise(before, 1);
  NetworkDescription network = residual();
  for (const char* name : {"conv1", "conv2", "conv3"}) widen_layer(network, name, 24);
  const Graph after = build_graph(network, kInput);
  const Model carried = carry_over(before, model, after, 2);
  const Model fresh = initialise(after, 2);
  const auto at = [](const std::vector<float>& values, int output, int input, int inputs, int tap) {
    return values.at(static_cast<std::size_t>((output * inputs + input) * 9 + tap));
  };
  const std::vector<float>& old_values = values_of(before, model, "conv2.weight");
  const std::vector<float>& values = values_of(after, carried, "conv2.weight");
  const std::vector<float>& fresh_values = values_of(after, fresh, "conv2.weight");
  EXPECT_EQ(at(values, 15, 15, 24, 8), at(old_values, 15, 15, 16, 8));
  EXPECT_EQ(at(values, 3, 2, 24, 1), at(old_values, 3, 2, 16, 1));
  EXPECT_EQ(at(values, 3, 16, 24, 1), at(fresh_values, 3, 16, 24, 1));
  EXPECT_EQ(at(values, 23, 0, 24, 0), at(fresh_values, 23, 0, 24, 0));
  // Over pictures a filter lies in memory with its channels last: outputs stand as they did.
  const std::vector<float>& stem = values_of(before, model, "conv1.weight");
  EXPECT_TRUE(std::equal(stem.begin(), stem.end(), values_of(after, carried, "conv1.weight").begin()));
  EXPECT_EQ(carried.norms[0].variance.size(), 24u);
}

TEST(CarryOver, GroupsKeepTheirChannels) {
  const Parameter before{.name = "conv1.weight", .shape = {4, 1, 1, 1}, .groups = 2};
  const Parameter after{.name = "conv1.weight", .shape = {6, 2, 1, 1}, .groups = 2};
  const std::vector<float> carried = carry_over(before, {1, 2, 3, 4}, after, std::vector<float>(12, 0.5f));
  EXPECT_THAT(carried, ElementsAre(1, 0.5f, 2, 0.5f, 0.5f, 0.5f, 3, 0.5f, 4, 0.5f, 0.5f, 0.5f));
}

TEST(CarryOver, AnotherWindowIsInitialised) {
  const Parameter before{.name = "conv1.weight", .shape = {1, 1, 1, 1}};
  const Parameter after{.name = "conv1.weight", .shape = {1, 1, 1, 2}};
  EXPECT_THAT(carry_over(before, {1}, after, {5, 6}), ElementsAre(5, 6));
}

}  // namespace
}  // namespace ftl::graph
