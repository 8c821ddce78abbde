#include "train/class_balance.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/random.hpp"

namespace ftl::train {
namespace {

// Pictures of three classes whose logits are right but for a leaning of each class's.
struct Leaning {
  explicit Leaning(std::vector<float> by_class, int count = 4000) : lean(std::move(by_class)) {
    Random random(5, RandomPurpose::test);
    for (int picture = 0; picture < count; ++picture) {
      float exponentials[3];
      float sum = 0;
      for (int c = 0; c < 3; ++c) {
        const float logit = 2 * random.normal();
        logits.push_back(logit + lean[static_cast<std::size_t>(c)]);
        sum += exponentials[c] = std::exp(logit);
      }
      float left = random.uniform() * sum;
      int label = 0;
      while (label < 2 && (left -= exponentials[label]) > 0) ++label;
      labels.push_back(label);
      weights.push_back(1);
    }
  }
  std::vector<float> biases() const { return balancing_biases({logits, 3, labels, weights}); }

  std::vector<float> lean;
  std::vector<float> logits;
  std::vector<std::int32_t> labels;
  std::vector<double> weights;
};

TEST(ClassBalance, TakesBackWhatClassesWereFavouredBy) {
  const std::vector<float> biases = Leaning({0.6f, -0.4f, -0.2f}).biases();
  EXPECT_NEAR(biases[0], -0.6, 0.1);
  EXPECT_NEAR(biases[1], 0.4, 0.1);
  EXPECT_NEAR(biases[2], 0.2, 0.1);
  EXPECT_NEAR(biases[0] + biases[1] + biases[2], 0, 1e-5);
}

TEST(ClassBalance, MakesMeanProbabilitiesTheClassesShares) {
  const Leaning pictures({2, -1, 0});
  const std::vector<float> biases = pictures.biases();
  double sums[3] = {}, shares[3] = {};
  for (std::size_t picture = 0; picture < pictures.labels.size(); ++picture) {
    double exponentials[3], total = 0;
    for (std::size_t c = 0; c < 3; ++c)
      total += exponentials[c] = std::exp(pictures.logits[picture * 3 + c] + biases[c]);
    for (std::size_t c = 0; c < 3; ++c) sums[c] += exponentials[c] / total;
    shares[pictures.labels[picture]] += 1;
  }
  for (int c = 0; c < 3; ++c) EXPECT_NEAR(sums[c], shares[c], 2);
}

// As a sample in which hard pictures, which favour a class, come more often than they are.
TEST(ClassBalance, CountsPicturesByTheirWeights) {
  Leaning pictures({0.5f, 0, -0.5f});
  const Leaning other({-1, 0.5f, 0.5f}, 400);
  pictures.logits.insert(pictures.logits.end(), other.logits.begin(), other.logits.end());
  pictures.labels.insert(pictures.labels.end(), other.labels.begin(), other.labels.end());
  pictures.weights.resize(pictures.labels.size(), 1e-6);
  EXPECT_NEAR(pictures.biases()[0], -0.5, 0.1);
  for (double& weight : pictures.weights) weight = weight == 1 ? 1e-6 : 1;
  EXPECT_NEAR(pictures.biases()[0], 1, 0.25);
}

// As of a network that is sure of everything: the curvature is 0 but where it has to go.
TEST(ClassBalance, FindsAFarAwayBalanceOfSurePictures) {
  std::vector<float> logits;
  std::vector<std::int32_t> labels;
  for (std::int32_t picture = 0; picture < 100; ++picture) {
    logits.insert(logits.end(), {10, -10});
    labels.push_back(picture % 2);
  }
  const std::vector<double> weights(labels.size(), 1);
  const std::vector<float> biases = balancing_biases({logits, 2, labels, weights});
  EXPECT_NEAR(biases[0], -10, 0.1);
  EXPECT_NEAR(biases[1], 10, 0.1);
}

TEST(ClassBalance, StaysNearWhereAClassHasNoPictures) {
  const std::vector<float> logits = {5, -5, 0, 4, -4, 0};
  const std::vector<std::int32_t> labels = {0, 0};
  const std::vector<double> weights = {1, 1};
  for (const float bias : balancing_biases({logits, 3, labels, weights})) EXPECT_LT(std::abs(bias), 20);
}

}  // namespace
}  // namespace ftl::train
