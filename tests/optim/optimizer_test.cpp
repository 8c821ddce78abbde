#include <fmt/format.h>
#include <gmock/gmock.h>

#include <Eigen/SVD>
#include <array>
#include <cmath>

#include "base/random.hpp"
#include "optim/newton_schulz.hpp"
#include "optim/optimizer_config.hpp"
#include "optim/scalar_tile_product.hpp"

namespace ftl::optim {
namespace {

using testing::ElementsAre;
using testing::FloatNear;

constexpr float kExact = 1e-6f;

std::vector<float> random_values(int count, std::uint32_t stream) {
  Random random(7, RandomPurpose::test, stream);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = random.normal();
  return values;
}

// One parameter tensor and what it takes to update it.
struct Fixture {
  Fixture(const OptimizerRule& config, std::vector<float> start, int row_count, int thread_count = 1)
      : weights(std::move(start)), rows(row_count), threads(thread_count) {
    const std::int64_t size = static_cast<std::int64_t>(weights.size());
    optimizer = make_optimizer(config, std::span(&size, 1));
  }

  void step(const std::vector<float>& gradient, double learning_rate) {
    const ParameterView view{weights, gradient, rows, static_cast<int>(weights.size()) / rows};
    optimizer->step(std::span(&view, 1), learning_rate, {threads, test::kScalarTileProduct});
  }

  std::vector<float> weights;
  int rows;
  ThreadPool threads;
  std::unique_ptr<Optimizer> optimizer;
};

TEST(Sgd, PlainStepFollowsTheGradient) {
  Fixture sgd(SgdConfig{.momentum = 0, .nesterov = false}, {1, -2}, 1);
  sgd.step({0.5f, 1}, 0.1);
  EXPECT_THAT(sgd.weights, ElementsAre(FloatNear(0.95f, kExact), FloatNear(-2.1f, kExact)));
}

TEST(Sgd, MomentumBufferStartsAtTheFirstGradient) {
  Fixture sgd(SgdConfig{.momentum = 0.9, .nesterov = false}, {1}, 1);
  sgd.step({1}, 0.1);  // buffer 1
  EXPECT_NEAR(sgd.weights[0], 0.9, kExact);
  sgd.step({2}, 0.1);  // buffer 2.9
  EXPECT_NEAR(sgd.weights[0], 0.61, kExact);
  EXPECT_NEAR(sgd.optimizer->state()[0].tensor("momentum")[0], 2.9, kExact);
  EXPECT_EQ(sgd.optimizer->state()[0].steps, 2);
}

TEST(Sgd, NesterovLooksAhead) {
  Fixture sgd(SgdConfig{.momentum = 0.5, .nesterov = true}, {1}, 1);
  sgd.step({1}, 0.1);  // buffer 1, update 1 + 0.5 * 1
  EXPECT_NEAR(sgd.weights[0], 0.85, kExact);
  sgd.step({2}, 0.1);  // buffer 2.5, update 2 + 0.5 * 2.5
  EXPECT_NEAR(sgd.weights[0], 0.525, kExact);
}

TEST(Sgd, WeightDecayIsPartOfTheGradient) {
  Fixture sgd(SgdConfig{.momentum = 0.5, .nesterov = true, .weight_decay = 0.1}, {2}, 1);
  sgd.step({1}, 0.1);  // gradient 1.2, update 1.2 + 0.5 * 1.2
  EXPECT_NEAR(sgd.weights[0], 1.82, kExact);
  sgd.step({0}, 0.1);  // gradient 0.182, buffer 0.782, update 0.182 + 0.391
  EXPECT_NEAR(sgd.weights[0], 1.7627, kExact);
}

TEST(Sgd, RestoredStateContinuesTheSameWay) {
  const SgdConfig config{.momentum = 0.9};
  Fixture whole(config, {1, 2}, 1);
  whole.step({1, 3}, 0.1);
  Fixture resumed(config, whole.weights, 1);
  resumed.optimizer->state()[0] = whole.optimizer->state()[0];
  whole.step({2, -1}, 0.1);
  resumed.step({2, -1}, 0.1);
  EXPECT_EQ(whole.weights, resumed.weights);
}

// X after `steps` of the iteration in the header, in double and without any rounding.
Eigen::MatrixXd newton_schulz(Eigen::MatrixXd x, int steps) {
  const bool tall = x.rows() > x.cols();
  if (tall) x = x.transpose().eval();
  x /= x.norm() + 1e-7;
  for (int step = 0; step < steps; ++step) {
    const Eigen::MatrixXd a = x * x.transpose();
    x = 3.4445 * x + (-4.7750 * a + 2.0315 * a * a) * x;
  }
  if (tall) x = x.transpose().eval();
  return x;
}

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Eigen::MatrixXd orthogonalized(const std::vector<float>& values, int rows, int columns, int steps) {
  ThreadPool threads(1);
  std::vector<float> result(values.size());
  NewtonSchulz().add(
      {.matrix = {values.data(), rows, columns}, .steps = steps, .target = result.data(), .target_scale = 0},
      {threads, test::kScalarTileProduct});
  return Eigen::Map<RowMajor>(result.data(), rows, columns).cast<double>();
}

struct Size {
  int rows, columns;
};

class NewtonSchulzSizes : public testing::TestWithParam<Size> {};

TEST_P(NewtonSchulzSizes, AgreesWithDoubleUpToBfloat16) {
  const auto [rows, columns] = GetParam();
  const std::vector<float> values = random_values(rows * columns, 1);
  const RowMajor matrix = Eigen::Map<const RowMajor>(values.data(), rows, columns);
  for (const int steps : {1, 2, 3, 4}) {
    const Eigen::MatrixXd expected = newton_schulz(matrix.cast<double>(), steps);
    const double error = (orthogonalized(values, rows, columns, steps) - expected).norm() / expected.norm();
    EXPECT_LT(error, 0.05) << steps << " steps";
  }
}

TEST_P(NewtonSchulzSizes, PullsSingularValuesTowardsOne) {
  const auto [rows, columns] = GetParam();
  const Eigen::MatrixXd result = orthogonalized(random_values(rows * columns, 2), rows, columns, 6);
  const Eigen::VectorXd singular = Eigen::JacobiSVD<Eigen::MatrixXd>(result).singularValues();
  EXPECT_GT(singular.minCoeff(), 0.6);
  EXPECT_LT(singular.maxCoeff(), 1.3);
}

INSTANTIATE_TEST_SUITE_P(WideTallSmallAndUneven, NewtonSchulzSizes,
                         testing::Values(Size{16, 64}, Size{40, 150}, Size{150, 40}, Size{3, 7},
                                         Size{64, 216}),
                         [](const auto& tested) {
                           return fmt::format("{}x{}", tested.param.rows, tested.param.columns);
                         });

TEST(NewtonSchulz, WorkedDiagonal) {
  // Norm 5: X0 = diag(0.6, 0.8); each value goes to 3.4445 s - 4.775 s^3 + 2.0315 s^5.
  const Eigen::MatrixXd result = orthogonalized({3, 0, 0, 4}, 2, 2, 1);
  EXPECT_NEAR(result(0, 0), 1.19327, 0.02);
  EXPECT_NEAR(result(1, 1), 0.97648, 0.02);
  EXPECT_NEAR(result(0, 1), 0, 1e-6);
}

TEST(NewtonSchulz, ZeroStaysZero) {
  EXPECT_EQ(orthogonalized({0, 0, 0, 0}, 2, 2, 3).norm(), 0);
}

TEST(Muon, StepIsRescaledWeightMinusOrthogonalUpdate) {
  const MuonConfig config{.momentum = 0.6, .nesterov = true, .newton_schulz_steps = 1};
  // Norm 10 goes to sqrt(2); the direction 1.6 * gradient normalises to diag(0.6, 0.8) as in WorkedDiagonal.
  Fixture muon(config, {6, 0, 0, 8}, 2);
  muon.step({3, 0, 0, 4}, 0.1);
  EXPECT_NEAR(muon.weights[0], 0.6 * std::sqrt(2.0) - 0.119327, 2e-3);
  EXPECT_NEAR(muon.weights[3], 0.8 * std::sqrt(2.0) - 0.097648, 2e-3);
  EXPECT_THAT(muon.optimizer->state()[0].tensor("momentum"), ElementsAre(3, 0, 0, 4));
}

TEST(Muon, NesterovMixesGradientAndBuffer) {
  const MuonConfig config{.momentum = 0.5, .nesterov = true, .newton_schulz_steps = 1, .normalize_every = 0};
  Fixture muon(config, {0, 0}, 1);
  muon.step({1, 0}, 0);
  muon.step({0, 1}, 1);  // buffer (0.5, 1), direction (0, 1) + 0.5 * buffer = (0.25, 1.5)
  // The direction's one singular value is 1 when normalised, and 3.4445 - 4.775 + 2.0315 = 0.701 after a
  // step.
  const double norm = std::hypot(0.25, 1.5) / 0.701;
  EXPECT_NEAR(muon.weights[0], -0.25 / norm, 2e-3);
  EXPECT_NEAR(muon.weights[1], -1.5 / norm, 2e-3);
}

TEST(Muon, DecaysTheWeightsThemselves) {
  const MuonConfig config{.weight_decay = 0.5, .normalize_every = 2};
  Fixture muon(config, {3, 4}, 1);
  muon.step({0, 0}, 0.2);  // rescaled to norm 1, too
  EXPECT_NEAR(muon.weights[0], 0.9 * 0.6, kExact);
  EXPECT_NEAR(muon.weights[1], 0.9 * 0.8, kExact);
  muon.step({0, 0}, 0.4);
  EXPECT_NEAR(muon.weights[0], 0.8 * 0.9 * 0.6, kExact);
  EXPECT_NEAR(muon.weights[1], 0.8 * 0.9 * 0.8, kExact);
}

TEST(Muon, RescalesOnlyEveryFewSteps) {
  const MuonConfig config{.normalize_every = 2};
  Fixture muon(config, {3, 4}, 1);
  const auto norm = [&] { return std::hypot(muon.weights[0], muon.weights[1]); };
  muon.step({1, 1}, 0);
  EXPECT_NEAR(norm(), 1, kExact);
  muon.weights = {3, 4};
  muon.step({1, 1}, 0);
  EXPECT_NEAR(norm(), 5, kExact);
  muon.step({1, 1}, 0);
  EXPECT_NEAR(norm(), 1, kExact);
}

TEST(Muon, ZeroWeightsAndGradientsStayFinite) {
  Fixture muon(MuonConfig{.momentum = 0.6}, {0, 0, 0, 0}, 2);
  muon.step({0, 0, 0, 0}, 0.1);
  EXPECT_THAT(muon.weights, ElementsAre(0, 0, 0, 0));
}

// The formulas of the header in double, over steps with different gradients and rates.
TEST(AdamW, AgreesWithDouble) {
  constexpr int kWeights = 40'000;  // more than a chunk
  const AdamWConfig config{.beta1 = 0.8, .beta2 = 0.95, .eps = 1e-3, .weight_decay = 0.1};
  Fixture adamw(config, random_values(kWeights, 40), 8, 2);
  std::vector<double> weights(adamw.weights.begin(), adamw.weights.end());
  std::vector<double> mean(kWeights), square(kWeights);
  for (int step = 1; step <= 4; ++step) {
    const double rate = 0.1 / step;
    std::vector<float> gradient = random_values(kWeights, 40 + static_cast<std::uint32_t>(step));
    gradient[3] = 0;
    adamw.step(gradient, rate);
    for (std::size_t i = 0; i < kWeights; ++i) {
      mean[i] = 0.8 * mean[i] + 0.2 * gradient[i];
      square[i] = 0.95 * square[i] + 0.05 * gradient[i] * gradient[i];
      const double corrected_mean = mean[i] / (1 - std::pow(0.8, step));
      const double corrected_square = square[i] / (1 - std::pow(0.95, step));
      weights[i] -= rate * (0.1 * weights[i] + corrected_mean / (std::sqrt(corrected_square) + 1e-3));
    }
  }
  double worst = 0;
  for (std::size_t i = 0; i < kWeights; ++i) worst = std::max(worst, std::abs(weights[i] - adamw.weights[i]));
  EXPECT_LT(worst, 2e-5) << "of weights up to 5: a few roundings of fp32 a step";
  EXPECT_EQ(adamw.optimizer->state()[0].steps, 4);
}

// The first step has the length of the rate whatever the gradient's: both means are corrected for their start
// at 0.
TEST(AdamW, FirstStepHasTheLengthOfTheRate) {
  Fixture adamw(AdamWConfig{.weight_decay = 0}, {1, 1}, 1);
  adamw.step({1e-3f, -100}, 0.25);
  EXPECT_THAT(adamw.weights, ElementsAre(FloatNear(0.75f, 1e-4f), FloatNear(1.25f, 1e-4f)));
}

class AnyOptimizer : public testing::TestWithParam<OptimizerRule> {};

TEST_P(AnyOptimizer, GivesTheSameBitsOnAnyNumberOfThreads) {
  constexpr int kRows = 72, kColumns = 500;
  const OptimizerRule config = GetParam();
  std::vector<std::vector<float>> results;
  for (const int threads : {1, 2, 3}) {
    Fixture fixture(config, random_values(kRows * kColumns, 3), kRows, threads);
    fixture.step(random_values(kRows * kColumns, 4), 0.1);
    fixture.step(random_values(kRows * kColumns, 5), 0.1);
    results.push_back(fixture.weights);
  }
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
}

TEST_P(AnyOptimizer, GoesOnTheSameWayWithTheStateOfAnother) {
  constexpr int kRows = 8, kColumns = 20;
  Fixture whole(GetParam(), random_values(kRows * kColumns, 3), kRows);
  whole.step(random_values(kRows * kColumns, 4), 0.1);
  Fixture resumed(GetParam(), whole.weights, kRows);
  resumed.optimizer->state()[0] = whole.optimizer->state()[0];
  whole.step(random_values(kRows * kColumns, 5), 0.1);
  resumed.step(random_values(kRows * kColumns, 5), 0.1);
  EXPECT_EQ(whole.weights, resumed.weights);
}

// Five tensors, so that some of these numbers share a tensor and some do not.
TEST_P(AnyOptimizer, UpdatesEachTensorAsIfItWereAloneOnAnyNumberOfThreads) {
  const OptimizerRule config = GetParam();
  struct Tensor {
    int rows;
    int columns;
  };
  constexpr std::array<Tensor, 5> kTensors{{{8, 30}, {72, 500}, {40, 33}, {500, 20}, {1, 7}}};
  const auto elements = [](const Tensor& tensor) { return tensor.rows * tensor.columns; };
  std::vector<std::vector<float>> alone;
  for (std::uint32_t i = 0; i < kTensors.size(); ++i) {
    Fixture fixture(config, random_values(elements(kTensors[i]), 10 + i), kTensors[i].rows);
    for (const std::uint32_t step : {20u, 30u})
      fixture.step(random_values(elements(kTensors[i]), step + i), 0.1);
    alone.push_back(fixture.weights);
  }
  for (const int thread_count : {1, 2, 3}) {
    SCOPED_TRACE(fmt::format("{} threads", thread_count));
    std::vector<std::int64_t> sizes;
    std::vector<std::vector<float>> weights;
    for (std::uint32_t i = 0; i < kTensors.size(); ++i) {
      sizes.push_back(elements(kTensors[i]));
      weights.push_back(random_values(elements(kTensors[i]), 10 + i));
    }
    const auto optimizer = make_optimizer(config, sizes);
    ThreadPool threads(thread_count);
    for (const std::uint32_t step : {20u, 30u}) {
      std::vector<std::vector<float>> gradients;
      for (std::uint32_t i = 0; i < kTensors.size(); ++i)
        gradients.push_back(random_values(elements(kTensors[i]), step + i));
      std::vector<ParameterView> views;
      for (std::size_t i = 0; i < kTensors.size(); ++i)
        views.push_back({weights[i], gradients[i], kTensors[i].rows, kTensors[i].columns});
      optimizer->step(views, 0.1, {threads, test::kScalarTileProduct});
    }
    EXPECT_EQ(weights, alone);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, AnyOptimizer,
                         testing::Values(SgdConfig{.momentum = 0.6, .weight_decay = 0.01},
                                         MuonConfig{.momentum = 0.6, .weight_decay = 0.01},
                                         AdamWConfig{.weight_decay = 0.01}),
                         [](const auto& tested) { return std::string(name(tested.param)); });

}  // namespace
}  // namespace ftl::optim
