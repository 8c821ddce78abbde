// Which steps of a training plan count as which convolution's.
#include "measure/convolution_pass.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/ops/convolution.hpp"
#include "measure/training_step.hpp"

namespace ftl::measure {
namespace {

using testing::ElementsAre;

constexpr const char* kRecipe = R"(
[train]
batch = 40
epochs = 4
[network]
layers = [
  { op = "whiten", kernel = 2, bias = true },
  { op = "act", kind = "gelu" },
  { op = "conv", out = 40 },
  { op = "max_pool" },
  { op = "batch_norm" },
  { op = "conv", out = 24, stride = 2, bias = true },
  { op = "global_avg_pool" },
  { op = "linear" },
]
[optimizer.filters]
lr = 0.1
[optimizer.biases]
lr = 0.1
[optimizer.whiten_bias]
lr = 0.1
train_until = 2
)";

class ConvolutionPasses : public testing::Test {
 protected:
  // "whiten forward [patches, bias]"
  std::vector<std::string> at_epoch(double epoch) {
    const TrainingStep step({.recipe = recipe,
                             .kernels = kernels::kernels_for(Isa::generic),
                             .threads = threads,
                             .pictures = {.height = 12, .width = 12, .classes = 10},
                             .epoch = epoch});
    std::vector<std::string> texts;
    for (const ConvolutionPass& pass : convolution_passes(step.graph(), step.segments())) {
      texts.push_back(fmt::format("{} {} [{}]", step.graph().nodes[static_cast<std::size_t>(pass.node)].name,
                                  name(pass.direction), extras(pass)));
    }
    return texts;
  }

  recipe::Recipe recipe = recipe::parse_recipe(kRecipe, "test");
  ThreadPool threads{1};
};

TEST_F(ConvolutionPasses, AreThoseOfATrainingStepInItsOrder) {
  EXPECT_THAT(at_epoch(0), ElementsAre("whiten forward [patches, bias]", "conv1 forward [max-pool]",
                                       "conv2 forward [bias]", "linear1 forward []",
                                       "linear1 backward weights []", "linear1 backward data []",
                                       "conv2 backward weights [bias]", "conv2 backward data []",
                                       "conv1 backward weights []", "conv1 backward data [unpool]"));
}

TEST_F(ConvolutionPasses, LackWhatNoEarlierLayerLearnsFrom) {
  EXPECT_THAT(at_epoch(2), testing::AllOf(testing::Contains("conv1 backward weights []"),
                                          testing::Not(testing::Contains("conv1 backward data []"))));
}

TEST_F(ConvolutionPasses, SayWhichMultiply8BitIntegers) {
  recipe = recipe::parse_recipe(kRecipe, "test", {"network.products=int8", "network.layers[2].out=64"});
  EXPECT_THAT(
      at_epoch(0),
      ElementsAre("whiten forward [patches, bias]", "conv1 forward [max-pool]", "conv2 forward [bias]",
                  "linear1 forward []", "linear1 backward weights []", "linear1 backward data []",
                  "conv2 backward weights [bias]", "conv2 backward data []", "conv1 backward weights [int8]",
                  "conv1 backward data [int8, unpool]"));
}

TEST(PlainGeometry, IsTheConvolutionAsTheRecipeHasIt) {
  const recipe::Recipe recipe = recipe::parse_recipe(kRecipe, "test");
  const graph::Graph graph = graph::build_graph(recipe.network, {12, 12, 10});
  std::vector<std::string> texts;
  for (int node = 0; node <= graph.output(); ++node) {
    if (graph.nodes[static_cast<std::size_t>(node)].as<graph::ConvolutionOp>() == nullptr) continue;
    const kernels::ConvolutionGeometry g = plain_geometry(graph, node);
    EXPECT_FALSE(g.pool);
    EXPECT_NO_THROW(kernels::check(g));
    texts.push_back(fmt::format("{} {} {}x{}/{} {}", to_string(g.in), to_string(g.out), g.kernel_height,
                                g.kernel_width, g.stride, g.pad));
  }
  EXPECT_THAT(texts, ElementsAre("3x12x12 12x11x11 2x2/1 0", "12x11x11 40x11x11 3x3/1 1",
                                 "40x5x5 24x3x3 3x3/2 1", "24x1x1 10x1x1 1x1/1 0"));
}

}  // namespace
}  // namespace ftl::measure
