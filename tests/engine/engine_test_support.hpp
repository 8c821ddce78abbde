// What the tests of engines share: what the double reference makes of a network, and how far from it others
// may be.
#pragma once

#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/batch.hpp"
#include "graph/graph_test_support.hpp"
#include "loss/softmax_cross_entropy.hpp"

namespace ftl::engine::test {

using namespace graph::test;

inline constexpr float kLabelSmoothing = 0.1f;
inline const loss::SoftmaxCrossEntropy kLoss(kLabelSmoothing);
inline constexpr std::uint64_t kSeed = 5;

inline std::vector<bool> all_but_frozen(const graph::Graph& graph) {
  std::vector<bool> trained;
  for (const graph::Parameter& parameter : graph.parameters) trained.push_back(!parameter.frozen);
  return trained;
}

inline Batch source(const ReferenceBatch<double>& batch, const graph::GraphInput& input) {
  const auto elements = static_cast<std::size_t>(input.height) * static_cast<std::size_t>(input.width) * 3;
  return {batch.images, [&batch, elements](std::int64_t first, int images, bf16* pictures, Target* targets) {
            const auto start = static_cast<std::size_t>(first);
            const auto count = static_cast<std::size_t>(images);
            for (std::size_t i = 0; i < count * elements; ++i) {
              pictures[i] = to_bf16(static_cast<float>(batch.pictures[start * elements + i]));
            }
            for (std::size_t i = 0; targets != nullptr && i < count; ++i)
              targets[i] = batch.targets[start + i];
          }};
}

// What the reference makes of a network and a batch; computed once for all ISAs.
struct Expectation {
  ReferenceNetwork<double>::Training training;
  ReferenceModel<double> model;  // after training
};

inline const Expectation& expectation(const TestNetwork& network, int images) {
  static std::map<std::pair<std::string, int>, Expectation> cache;
  const auto key = std::make_pair(network.name, images);
  if (const auto found = cache.find(key); found != cache.end()) return found->second;
  const graph::Graph graph = network.graph();
  ReferenceModel<double> model(random_model(graph, kSeed));
  ReferenceNetwork<double> reference(graph, model, ReferenceStorage::bf16);
  const auto batch = random_batch<double>(network.input, images);
  auto training = reference.train(batch, kLoss);
  return cache.emplace(key, Expectation{std::move(training), std::move(model)}).first->second;
}

inline double norm_of(std::span<const double> values) {
  return std::sqrt(kernels::test::dot(values, values));
}

// |actual - expected| / |expected|.
inline double relative_error(std::span<const float> actual, std::span<const double> expected) {
  std::vector<double> difference(actual.begin(), actual.end());
  for (std::size_t i = 0; i < difference.size(); ++i) difference[i] -= expected[i];
  return norm_of(difference) / norm_of(expected);
}

inline double cosine(std::span<const float> actual, std::span<const double> expected) {
  const std::vector<double> values(actual.begin(), actual.end());
  return kernels::test::dot(values, expected) / (norm_of(values) * norm_of(expected));
}

inline std::vector<double> inference_reference(const TestNetwork& network, int images) {
  const graph::Graph graph = network.graph();
  ReferenceModel<double> model(random_model(graph, kSeed));
  return ReferenceNetwork<double>(graph, model).infer(random_batch<double>(network.input, images));
}

// Quick enough for many images.
inline TestNetwork small_network() {
  return {"small",
          {.layers = {conv(16), norm(true), act(ActivationKind::silu), conv(8, 3, 1, 1, true),
                      pool(PoolKind::average), linear()}},
          {8, 8, 10}};
}

inline std::vector<TestNetwork> networks() {
  return {airbench_like(), hlb_like(), resnet_like(), plain_network(), concat_network()};
}

// How far gradients may be from the reference's. The two differ by the order of fp32 sums only, which moves a
// value stored in bf16 by one rounding now and then, and by it a maximum. A gate's biases nearly cancel in
// the norm behind the gate, so what is left of their gradient is less exact. Found over all networks
// and instruction sets were 0.03 and 0.09; a gradient of something else is off by 1.
inline double allowed_error(const graph::Parameter& parameter) {
  const bool gate_bias = parameter.name.starts_with("se") && parameter.name.ends_with(".bias");
  return gate_bias ? 0.1 : 0.035;
}

inline void expect_gradients(const graph::Graph& graph, const std::vector<std::vector<float>>& actual,
                             const std::vector<std::vector<double>>& expected) {
  for (std::size_t p = 0; p < graph.parameters.size(); ++p) {
    const graph::Parameter& parameter = graph.parameters[p];
    if (parameter.frozen) continue;
    SCOPED_TRACE(parameter.name);
    const double error = allowed_error(parameter);
    EXPECT_LT(relative_error(actual[p], expected[p]), error);
    EXPECT_GT(cosine(actual[p], expected[p]), 1 - error * error);
  }
}

// By image, the norm of probabilities less the smoothed target.
inline std::vector<double> gradient_norms(const TestNetwork& network, int images,
                                          std::span<const double> logits) {
  const auto classes = static_cast<std::size_t>(network.input.classes);
  std::vector<double> norms;
  for (const Target& target : random_batch<double>(network.input, images).targets) {
    const std::span<const double> row = logits.subspan(norms.size() * classes, classes);
    double sum = 0;
    for (const double logit : row) sum += std::exp(logit);
    double squares = 0;
    for (std::size_t c = 0; c < classes; ++c) {
      double share = kLabelSmoothing / static_cast<double>(classes);
      const double weight = target.label_weight;
      if (static_cast<std::int32_t>(c) == target.label) share += (1 - kLabelSmoothing) * weight;
      if (static_cast<std::int32_t>(c) == target.other) share += (1 - kLabelSmoothing) * (1 - weight);
      squares += std::pow(std::exp(row[c]) / sum - share, 2);
    }
    norms.push_back(std::sqrt(squares));
  }
  return norms;
}

}  // namespace ftl::engine::test
