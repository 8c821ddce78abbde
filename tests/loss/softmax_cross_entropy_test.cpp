#include "loss/softmax_cross_entropy.hpp"

#include "kernels/test_support.hpp"

namespace ftl::loss {
namespace {

using kernels::test::expect_gradient;
using kernels::test::random_doubles;

std::vector<Target> random_targets(Random& random, int images, int classes) {
  std::vector<Target> targets(static_cast<std::size_t>(images));
  for (Target& target : targets) {
    target.label = static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(classes)));
    target.other = static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(classes)));
    target.label_weight = random.uniform();
  }
  return targets;
}

TEST(SoftmaxCrossEntropy, GradientOfTheReferenceMatchesFiniteDifferences) {
  Random random(10, RandomPurpose::test);
  const std::vector<Target> targets = random_targets(random, 4, 7);
  for (const float smoothing : {0.0f, 0.2f, 1.0f}) {
    const SoftmaxCrossEntropy loss(smoothing);
    std::vector<double> logits = random_doubles(random, 28);
    std::vector<double> gradient(28), unused(28);
    loss.reference({.classes = 7, .logits = logits, .targets = targets}, gradient);
    expect_gradient(logits, gradient, [&] {
      return loss.reference({.classes = 7, .logits = logits, .targets = targets}, unused);
    });
  }
}

TEST(SoftmaxCrossEntropy, MatchesTheReference) {
  Random random(11, RandomPurpose::test);
  for (const int classes : {2, 10, 33, 100}) {
    for (const int images : {1, 15, 32}) {
      SCOPED_TRACE(fmt::format("{} classes, {} images", classes, images));
      const std::vector<Target> targets = random_targets(random, images, classes);
      std::vector<double> logits = random_doubles(random, images * classes);
      for (double& logit : logits) logit *= 5;
      const SoftmaxCrossEntropy loss(0.1f);
      std::vector<double> gradient(logits.size()), exact(logits.size());
      const Outputs outputs{.classes = classes, .logits = logits, .targets = targets};
      const double expected = loss.reference(outputs, exact);
      EXPECT_NEAR(loss.evaluate(outputs, gradient), expected, 1e-9 * expected);
      for (std::size_t i = 0; i < exact.size(); ++i) ASSERT_NEAR(gradient[i], exact[i], 1e-12);
    }
  }
}

}  // namespace
}  // namespace ftl::loss
