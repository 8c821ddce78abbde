#include "graph/model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "graph/graph_test_support.hpp"

namespace ftl::graph {
namespace {

using namespace test;

LayerDescription conv_with(Initialisation initialisation, int out, int kernel, bool bias = false) {
  return {"", ConvolutionDescription{.out = out,
                                     .kernel_height = kernel,
                                     .kernel_width = kernel,
                                     .pad = kernel / 2,
                                     .bias = bias,
                                     .initialisation = initialisation}};
}

Graph graph_of(Layers layers) {
  return build_graph({.layers = std::move(layers)}, {8, 8, 10});
}

struct Statistics {
  double mean = 0;
  double deviation = 0;
  double largest = 0;  // absolutely
};

Statistics statistics(const std::vector<float>& values) {
  const double count = static_cast<double>(values.size());
  Statistics result;
  for (const float value : values) {
    result.mean += value / count;
    result.largest = std::max(result.largest, std::abs(double{value}));
  }
  double squares = 0;
  for (const float value : values) squares += (value - result.mean) * (value - result.mean);
  result.deviation = std::sqrt(squares / (count - 1));
  return result;
}

TEST(Initialise, KaimingUniformIsBoundedByTheFanIn) {
  const Graph graph = graph_of({conv_with(Initialisation::kaiming_uniform, 64, 3, true),
                                conv_with(Initialisation::kaiming_uniform, 64, 3), linear(0, true)});
  const Model model = initialise(graph, 1);
  const auto expect_uniform = [&](std::size_t parameter, double bound) {
    SCOPED_TRACE(graph.parameters[parameter].name);
    const Statistics of = statistics(model.parameters[parameter]);
    EXPECT_LE(of.largest, bound);
    EXPECT_GT(of.largest, 0.9 * bound);
    EXPECT_NEAR(of.mean, 0, 0.25 * bound);
  };
  expect_uniform(0, 1 / std::sqrt(27.0));
  expect_uniform(1, 1 / std::sqrt(27.0));
  expect_uniform(2, 1 / std::sqrt(64 * 9.0));
  expect_uniform(3, 1 / std::sqrt(64 * 64.0));
  EXPECT_NEAR(statistics(model.parameters[2]).deviation, 1 / std::sqrt(64 * 9.0) / std::sqrt(3.0), 1e-3);
}

TEST(Initialise, KaimingNormalFollowsTheFanOut) {
  const Graph graph = graph_of(
      {conv(16), conv_with(Initialisation::kaiming_normal, 64, 3), global_pool(PoolKind::max), linear()});
  const Statistics of = statistics(initialise(graph, 1).parameters[1]);
  const double deviation = std::sqrt(2.0 / (64 * 9));
  EXPECT_NEAR(of.deviation, deviation, 0.03 * deviation);
  EXPECT_GT(of.largest, 3 * deviation);
}

TEST(Initialise, UnitStdHasDeviationOne) {
  const Graph graph = graph_of({conv(16), linear(0, false, Initialisation::unit_std)});
  EXPECT_NEAR(statistics(initialise(graph, 1).parameters[1]).deviation, 1, 1e-5);
}

TEST(Initialise, DiracPassesChannelsThrough) {
  // The first is over pictures, whose filters have another order in memory.
  for (const bool over_pictures : {true, false}) {
    SCOPED_TRACE(over_pictures);
    Layers layers{conv_with(Initialisation::dirac, 10, 3), global_pool(PoolKind::max)};
    if (!over_pictures) layers.insert(layers.begin(), pool(PoolKind::max, 1, 1));
    const Graph graph = graph_of(layers);
    engine::ReferenceModel<double> model(initialise(graph, 1));
    // One bright pixel a picture: only a tap on it sees it, so its channel's largest output is its value.
    engine::ReferenceBatch<double> batch{.images = 1, .pictures = std::vector<double>(8 * 8 * 3, 0.0)};
    const std::size_t pixel = (3 * 8 + 5) * 3;
    for (std::size_t c = 0; c < 3; ++c) batch.pictures[pixel + c] = 10.0 * static_cast<double>(c + 1);
    const std::vector<double> largest = engine::ReferenceNetwork<double>(graph, model).infer(batch);
    for (std::size_t c = 0; c < 3; ++c) EXPECT_DOUBLE_EQ(largest[c], 10.0 * static_cast<double>(c + 1));
    EXPECT_NE(largest[3], std::round(largest[3]));  // filters past the inputs stay random
  }
}

TEST(Initialise, DiracPassesEachGroupsChannelsThrough) {
  LayerDescription grouped = conv_with(Initialisation::dirac, 12, 3);
  grouped.layer.as<ConvolutionDescription>()->groups = 3;
  const Graph graph = graph_of({conv(6, 3), grouped, global_pool(PoolKind::max), linear()});
  const std::vector<float> filters = initialise(graph, 1).parameters.at(1);  // [12][2][3][3]
  for (std::size_t filter = 0; filter < 12; ++filter) {
    SCOPED_TRACE(filter);
    const std::size_t in_group = filter % 4;
    const std::vector<float> taps(filters.begin() + static_cast<std::ptrdiff_t>(filter * 18),
                                  filters.begin() + static_cast<std::ptrdiff_t>(filter * 18 + 18));
    std::vector<float> pass_through(18, 0.0f);
    if (in_group < 2) pass_through[in_group * 9 + 4] = 1.0f;
    EXPECT_EQ(taps == pass_through, in_group < 2);
    EXPECT_EQ(std::ranges::count(taps, 0.0f), in_group < 2 ? 17 : 0);
  }
}

TEST(Initialise, NormsStartAsTheIdentityAndWhiteningAtZero) {
  const Graph graph = graph_of({whiten(false, true), norm(true), global_pool(PoolKind::max), linear()});
  const Model model = initialise(graph, 1);
  EXPECT_THAT(model.parameters[0], testing::Each(0.0f));
  EXPECT_THAT(model.parameters[1], testing::Each(0.0f));
  EXPECT_THAT(model.parameters[2], testing::Each(1.0f));
  EXPECT_THAT(model.parameters[3], testing::Each(0.0f));
  EXPECT_THAT(model.norms[0].mean, testing::Each(0.0f));
  EXPECT_THAT(model.norms[0].variance, testing::Each(1.0f));
}

TEST(Initialise, DependsOnTheSeedOnly) {
  const Graph graph = airbench_like().graph();
  EXPECT_EQ(initialise(graph, 7).parameters, initialise(graph, 7).parameters);
  const Model one = initialise(graph, 7);
  const Model other = initialise(graph, 8);
  EXPECT_NE(one.parameters.back(), other.parameters.back());
  EXPECT_NE(one.parameters[2], other.parameters[2]);
}

TEST(CheckpointOrder, IsOutputsInputsHeightWidth) {
  const Graph graph = graph_of({conv_with(Initialisation::kaiming_uniform, 1, 2), linear()});
  const Parameter& parameter = graph.parameters[0];
  ASSERT_TRUE(parameter.channels_last);
  std::vector<float> memory(12);  // [2][2][3]: tap * 3 + channel
  std::iota(memory.begin(), memory.end(), 0.0f);
  const std::vector<float> checkpoint = to_checkpoint_order(parameter, memory);
  EXPECT_THAT(checkpoint, testing::ElementsAre(0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11));
  EXPECT_EQ(from_checkpoint_order(parameter, checkpoint), memory);
  EXPECT_EQ(to_checkpoint_order(graph.parameters[1], memory), memory);  // the others' memory order already
}

}  // namespace
}  // namespace ftl::graph
