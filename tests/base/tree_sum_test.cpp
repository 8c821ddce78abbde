#include "base/tree_sum.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/random.hpp"

namespace ftl {
namespace {

// Of sizes so different that another order of adding them shows.
std::vector<float> terms(int count) {
  Random random(31, RandomPurpose::test);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values)
    value = random.uniform(-1, 1) * std::ldexp(1.0f, static_cast<int>(random.below(12)));
  return values;
}

float sum_of(const std::vector<float>& values, int first, int count) {
  return tree_sum(count, [&](int i) { return values[static_cast<std::size_t>(first + i)]; });
}

TEST(TreeSum, SharesOfSeveralMachinesGiveTheBitsOfOne) {
  for (const int machines : {2, 4, 8}) {
    for (const int of_machine : {1, 2, 3, 5, 6, 7, 8, 13, 16}) {
      const std::vector<float> values = terms(machines * of_machine);
      std::vector<float> partial;
      for (int machine = 0; machine < machines; ++machine)
        partial.push_back(sum_of(values, machine * of_machine, of_machine));
      EXPECT_EQ(sum_of(partial, 0, machines), sum_of(values, 0, machines * of_machine))
          << machines << " machines of " << of_machine;
    }
  }
}

// A sum as it is written.
struct Spelled {
  std::string text;
  friend Spelled operator+(const Spelled& a, const Spelled& b) { return {"(" + a.text + " " + b.text + ")"}; }
};

TEST(TreeSum, HalvesItsTermsUntilOneIsLeft) {
  const auto spelled = [](int count) {
    return tree_sum(count, [](int i) { return Spelled{std::to_string(i)}; }).text;
  };
  EXPECT_EQ(spelled(1), "0");
  EXPECT_EQ(spelled(3), "(0 (1 2))");
  EXPECT_EQ(spelled(8), "(((0 1) (2 3)) ((4 5) (6 7)))");
  EXPECT_EQ(spelled(12), "(((0 (1 2)) (3 (4 5))) ((6 (7 8)) (9 (10 11))))");
}

TEST(TreeSum, IsTheSumUpToRoundingAtEachLevel) {
  for (const int count : {1, 2, 3, 7, 16, 60, 100, 1000}) {
    const std::vector<float> values = terms(count);
    double exact = 0;
    double magnitude = 0;
    for (const float value : values) {
      exact += value;
      magnitude += std::abs(value);
    }
    const double levels = std::ceil(std::log2(count));
    EXPECT_NEAR(sum_of(values, 0, count), exact, levels * 0x1p-24 * magnitude + 1e-30) << count;
  }
}

TEST(TreeSum, IsTheSameOfANumberThatTheCompilerKnows) {
  const std::vector<float> values = terms(16);
  const auto term = [&](int i) { return values[static_cast<std::size_t>(i)]; };
  EXPECT_EQ(tree_sum<1>(term), sum_of(values, 0, 1));
  EXPECT_EQ(tree_sum<7>(term), sum_of(values, 0, 7));
  EXPECT_EQ(tree_sum<16>(term), sum_of(values, 0, 16));
}

}  // namespace
}  // namespace ftl
