#include "engine/reference/reference_network.hpp"

#include <gtest/gtest.h>

#include "graph/graph_test_support.hpp"
#include "loss/softmax_cross_entropy.hpp"

namespace ftl::engine {
namespace {

using namespace graph::test;

// Every kind of node and parameter, small enough to move each parameter in turn.
TestNetwork every_kind() {
  return {"every kind",
          {.logit_scale = 0.5,
           .layers = {whiten(false, true), conv(8), pool(PoolKind::max), norm(true),
                      act(ActivationKind::gelu, "r"), conv(8, 3, 1, 0), norm(), act(ActivationKind::silu),
                      graph::LayerDescription{"", graph::SqueezeExciteDescription{.from = "r", .ratio = 4}},
                      graph::LayerDescription{
                          "", graph::AddDescription{.from = "r", .shortcut = {conv(8, 1), norm(true)}}},
                      conv(6, 3, 2, 2, true), act(ActivationKind::celu), pool(PoolKind::average, 2, 1),
                      global_pool(PoolKind::max), linear(5, true), act(ActivationKind::sigmoid),
                      linear(0, true)}},
          {9, 8, 4}};
}

void expect_gradients(const TestNetwork& network) {
  const graph::Graph graph = network.graph();
  ReferenceModel<double> model(random_model(graph, 3));
  const loss::SoftmaxCrossEntropy loss(0.2f);
  const auto batch = random_batch<double>(network.input, 2);
  ReferenceNetwork<double> reference(graph, model);
  const auto gradients = reference.train(batch, loss).gradients;
  for (std::size_t p = 0; p < graph.parameters.size(); ++p) {
    SCOPED_TRACE(graph.parameters[p].name);
    kernels::test::expect_gradient(model.parameters[p], gradients[p],
                                   [&] { return reference.train(batch, loss).loss; });
  }
}

TEST(ReferenceNetwork, GradientsMatchFiniteDifferences) {
  expect_gradients(every_kind());
}

TEST(ReferenceNetwork, GradientsThroughAConcatMatchFiniteDifferences) {
  expect_gradients({"concat",
                    {.layers = {graph::LayerDescription{"a", graph::ConvolutionDescription{.out = 3}},
                                act(ActivationKind::silu), conv(2),
                                graph::LayerDescription{"", graph::ConcatDescription{{"a", "a"}}},
                                act(ActivationKind::gelu), linear(0, true)}},
                    {3, 4, 3}});
}

TEST(ReferenceNetwork, GradientsThroughAConvolutionOverPicturesMatchFiniteDifferences) {
  expect_gradients(
      {"strided", {.layers = {conv(3, 3, 2, 1, true), act(ActivationKind::silu), linear()}}, {5, 6, 3}});
}

TEST(ReferenceNetwork, RunningStatisticsComeFromTheBatchAndAreWhatInferenceUses) {
  // One pixel, one image a column: the batch's statistics are those of the pictures.
  const TestNetwork network{"norm", {.layers = {norm(), linear(2)}}, {1, 1, 2}};
  const graph::Graph graph = network.graph();
  ReferenceModel<double> model(graph::initialise(graph, 1));
  ReferenceNetwork<double> reference(graph, model);
  const ReferenceBatch<double> batch{
      .images = 2, .pictures = {1, 2, 3, 5, 2, -1}, .targets = {{0, 0, 1}, {1, 1, 1}}};
  (void)reference.train(batch, loss::SoftmaxCrossEntropy());
  EXPECT_NEAR(model.norms[0].mean[0], 0.4 * 3, 1e-12);
  EXPECT_NEAR(model.norms[0].variance[0], 0.6 + 0.4 * 8, 1e-12);  // the unbiased variance of 1 and 5
  EXPECT_NEAR(model.norms[0].variance[1], 0.6, 1e-12);
  const std::vector<double> logits = reference.infer(batch);
  double expected = 0;
  for (std::size_t c = 0; c < 3; ++c) {
    const double value =
        (batch.pictures[c] - model.norms[0].mean[c]) / std::sqrt(model.norms[0].variance[c] + 1e-5);
    expected += value * model.parameters[1][c];
  }
  EXPECT_NEAR(logits[0], expected, 1e-9);
}

}  // namespace
}  // namespace ftl::engine
