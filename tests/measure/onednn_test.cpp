// The peer runs whatever convolution a recipe can have; without it there is nothing to run.
#include "measure/onednn.hpp"

#include <gtest/gtest.h>

namespace ftl::measure {
namespace {

constexpr kernels::ConvolutionGeometry kGeometries[] = {
    {.in = {3, 9, 9}, .out = {24, 8, 8}, .kernel_height = 2, .kernel_width = 2},
    {.in = {24, 8, 9}, .out = {40, 8, 9}, .kernel_height = 3, .kernel_width = 3, .pad = 1, .pool = true},
    {.in = {32, 7, 7}, .out = {64, 4, 4}, .kernel_height = 3, .kernel_width = 3, .stride = 2, .pad = 1},
    {.in = {32, 8, 8}, .out = {16, 4, 4}, .stride = 2},  // the last row and column are not read
    {.in = {48, 6, 6}, .out = {48, 6, 6}, .kernel_height = 3, .kernel_width = 3, .pad = 1, .groups = 48},
    {.in = {64, 3, 3}, .out = {10, 1, 1}, .kernel_height = 3, .kernel_width = 3},
};

TEST(Onednn, RunsEveryDirectionOfEveryConvolutionWhereItIsBuilt) {
  const bool built = !onednn_version().empty();
  const Isa isa = select_isa();
  configure_onednn(isa, 2);
  if (built) {
    EXPECT_TRUE(onednn_precision(isa) == "bf16" || onednn_precision(isa) == "fp32");
  }
  for (const kernels::ConvolutionGeometry& geometry : kGeometries) {
    for (const Direction direction :
         {Direction::forward, Direction::backward_data, Direction::backward_weights}) {
      const auto run = onednn_convolution({geometry, direction, 5, isa});
      ASSERT_EQ(static_cast<bool>(run), built) << to_string(geometry.in) << " " << name(direction);
      if (!built) continue;
      run();
      rest_onednn();
      run();
    }
  }
}

}  // namespace
}  // namespace ftl::measure
