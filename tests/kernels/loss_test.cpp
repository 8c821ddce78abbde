#include "kernels/loss/loss.hpp"

#include "kernels/test_support.hpp"

namespace ftl::kernels {
namespace {

using namespace test;

std::vector<Target> random_targets(Random& random, int images, int classes) {
  std::vector<Target> targets(static_cast<std::size_t>(images));
  for (Target& target : targets) {
    target.label = static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(classes)));
    target.other = static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(classes)));
    target.label_weight = random.uniform();
  }
  return targets;
}

TEST(LossReference, GradientMatchesFiniteDifferences) {
  Random random(10, RandomPurpose::test);
  const std::vector<Target> targets = random_targets(random, 4, 7);
  for (const float smoothing : {0.0f, 0.2f, 1.0f}) {
    const LossArguments arguments{7, 4, 0.5f, smoothing, targets.data()};
    std::vector<double> logits = random_doubles(random, 28);
    std::vector<double> dlogits(28), unused(28);
    softmax_cross_entropy_reference<double>(arguments, logits, dlogits);
    expect_gradient(logits, dlogits,
                    [&] { return softmax_cross_entropy_reference<double>(arguments, logits, unused); });
  }
}

TEST(Loss, MatchesTheReference) {
  Random random(11, RandomPurpose::test);
  for (const int classes : {2, 10, 33, 100}) {
    for (const int images : kImageCounts) {
      SCOPED_TRACE(fmt::format("{} classes, {} images", classes, images));
      const Shape shape{classes, 1, 1};
      const std::vector<Target> targets = random_targets(random, images, classes);
      const LossArguments arguments{classes, images, 0.25f, 0.1f, targets.data()};
      const std::vector<float> logits = random_values(random, images * classes, -20, 20);
      std::vector<double> exact(logits.size());
      const double loss = softmax_cross_entropy_reference<double>(arguments, doubles(logits), exact);

      std::vector<bf16> block = blocked(shape, images, logits);
      poison_padding_images(shape, images, block);
      std::vector<bf16> dblock = unwritten(shape);
      const LossResult result = softmax_cross_entropy(arguments, block.data(), dblock.data());
      EXPECT_NEAR(result.loss, loss, 1e-9 * loss);
      const std::vector<float> dlogits = plain(shape, images, dblock);
      for (std::size_t i = 0; i < dlogits.size(); ++i) {
        ASSERT_NEAR(dlogits[i], exact[i], bf16_tolerance(exact[i], 1, std::abs(exact[i])));
      }
      for (int image = 0; image < images; ++image) {
        double squares = 0;
        for (int c = 0; c < classes; ++c) squares += std::pow(exact[image * classes + c] / 0.25, 2);
        EXPECT_NEAR(result.gradient_norms[image], std::sqrt(squares), 1e-6);
      }
      expect_zero_padding_images(shape, images, dblock);
      expect_zero_padding_channels(shape, images, dblock);
      EXPECT_EQ(softmax_cross_entropy(arguments, block.data(), nullptr).loss, result.loss);
    }
  }
}

TEST(Loss, StaysFiniteForHugeLogits) {
  const Shape shape{3, 1, 1};
  const std::vector<bf16> block = blocked(shape, 2, std::vector<float>{1e30f, -1e30f, 0, -5e4f, 5e4f, 0});
  const std::vector<Target> targets{{0, 0, 1.0f}, {1, 1, 1.0f}};
  std::vector<bf16> dblock = unwritten(shape);
  const LossResult result =
      softmax_cross_entropy({3, 2, 1.0f, 0.0f, targets.data()}, block.data(), dblock.data());
  EXPECT_NEAR(result.loss, 0.0, 1e-12);
  for (const float value : plain(shape, 2, dblock)) EXPECT_EQ(value, 0.0f);
}

TEST(Loss, CountsTheFirstOfEqualLogitsAsTheAnswer) {
  const Shape shape{3, 1, 1};
  const std::vector<bf16> block = blocked(shape, 3, std::vector<float>{1, 2, 2, 1, 2, 2, 3, 2, 1});
  const std::vector<Target> targets{{1, 1, 1.0f}, {2, 2, 1.0f}, {0, 2, 0.3f}};
  EXPECT_EQ(softmax_cross_entropy({3, 3, 1.0f, 0.0f, targets.data()}, block.data(), nullptr).correct, 2);
}

}  // namespace
}  // namespace ftl::kernels
