// A loss on an image block, and the scores beside it.
#include "loss/block_loss.hpp"

#include "kernels/test_support.hpp"
#include "loss/softmax_cross_entropy.hpp"

namespace ftl::loss {
namespace {

using namespace kernels::test;

TEST(BlockLoss, IsThatOfTheScaledLogitsWithItsGradientInBf16) {
  Random random(11, RandomPurpose::test);
  for (const int classes : {2, 10, 33, 100}) {
    for (const int images : kImageCounts) {
      SCOPED_TRACE(fmt::format("{} classes, {} images", classes, images));
      const Shape shape{classes, 1, 1};
      std::vector<Target> targets(static_cast<std::size_t>(images));
      for (Target& target : targets) {
        target.label = static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(classes)));
        target.other = static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(classes)));
        target.label_weight = random.uniform();
      }
      const SoftmaxCrossEntropy loss(0.1f);
      const std::vector<float> values = random_values(random, images * classes, -20, 20);
      std::vector<double> logits = doubles(values);
      for (double& logit : logits) logit *= 0.25;
      std::vector<double> by_logits(logits.size());
      const double expected =
          loss.reference({.classes = classes, .logits = logits, .targets = targets}, by_logits);

      std::vector<bf16> block = blocked(shape, images, values);
      poison_padding_images(shape, images, block);
      std::vector<bf16> dblock = unwritten(shape);
      const BlockLoss result = evaluate_block(loss,
                                              {.classes = classes,
                                               .images = images,
                                               .logit_scale = 0.25f,
                                               .outputs = block.data(),
                                               .targets = targets.data()},
                                              dblock.data());
      EXPECT_NEAR(result.loss, expected, 1e-9 * expected);
      const std::vector<float> gradient = plain(shape, images, dblock);
      for (std::size_t i = 0; i < gradient.size(); ++i) {
        const double exact = 0.25 * by_logits[i];
        ASSERT_NEAR(gradient[i], exact, bf16_tolerance(exact, 1, std::abs(exact)));
      }
      for (std::size_t image = 0; image < targets.size(); ++image) {
        double squares = 0;
        for (std::size_t c = 0; c < static_cast<std::size_t>(classes); ++c)
          squares += std::pow(by_logits[image * static_cast<std::size_t>(classes) + c], 2);
        EXPECT_NEAR(result.scores.gradient_norms[image], std::sqrt(squares), 1e-6);
      }
      expect_zero_padding_images(shape, images, dblock);
      expect_zero_padding_channels(shape, images, dblock);
    }
  }
}

TEST(BlockLoss, StaysFiniteForHugeLogits) {
  const Shape shape{3, 1, 1};
  const std::vector<bf16> block = blocked(shape, 2, std::vector<float>{1e30f, -1e30f, 0, -5e4f, 5e4f, 0});
  const std::vector<Target> targets{{0, 0, 1.0f}, {1, 1, 1.0f}};
  std::vector<bf16> dblock = unwritten(shape);
  const BlockLoss result = evaluate_block(
      SoftmaxCrossEntropy(), {.classes = 3, .images = 2, .outputs = block.data(), .targets = targets.data()},
      dblock.data());
  EXPECT_NEAR(result.loss, 0.0, 1e-12);
  for (const float value : plain(shape, 2, dblock)) EXPECT_EQ(value, 0.0f);
}

TEST(BlockLoss, CountsTheFirstOfEqualLogitsAsTheAnswer) {
  const Shape shape{3, 1, 1};
  const std::vector<bf16> block = blocked(shape, 3, std::vector<float>{1, 2, 2, 1, 2, 2, 3, 2, 1});
  const std::vector<Target> targets{{1, 1, 1.0f}, {2, 2, 1.0f}, {0, 2, 0.3f}};
  std::vector<bf16> dblock = unwritten(shape);
  const BlockLoss result = evaluate_block(
      SoftmaxCrossEntropy(), {.classes = 3, .images = 3, .outputs = block.data(), .targets = targets.data()},
      dblock.data());
  EXPECT_EQ(result.scores.correct, 2);
}

// What a loss that keeps something for each picture of a batch goes by.
TEST(BlockLoss, TellsTheLossWhichPicturesOfTheBatchTheyAre) {
  struct Spy final : Loss {
    double evaluate(const Outputs& outputs, std::span<double>) const override {
      return static_cast<double>(outputs.first);
    }
    double reference(const Outputs& outputs, std::span<double> gradient) const override {
      return evaluate(outputs, gradient);
    }
  };
  const std::vector<bf16> block(static_cast<std::size_t>(Shape{3, 1, 1}.block_elements()));
  std::vector<bf16> dblock(block.size());
  const Target target;
  const BlockOutputs outputs{
      .classes = 3, .images = 1, .first = 64, .outputs = block.data(), .targets = &target};
  EXPECT_EQ(evaluate_block(Spy(), outputs, dblock.data()).loss, 64);
}

}  // namespace
}  // namespace ftl::loss
