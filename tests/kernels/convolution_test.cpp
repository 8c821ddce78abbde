#include "kernels/convolution/convolution.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "kernels/convolution_choice.hpp"
#include "kernels/registry.hpp"
#include "kernels/test_support.hpp"

namespace ftl::kernels {
namespace {

using namespace test;

ConvolutionGeometry geometry(Shape in, int out_channels, int kernel_height, int kernel_width, int stride,
                             int pad, int groups = 1) {
  const Shape out{out_channels, (in.height + 2 * pad - kernel_height) / stride + 1,
                  (in.width + 2 * pad - kernel_width) / stride + 1};
  return {in, out, kernel_height, kernel_width, stride, pad, groups};
}

std::vector<ConvolutionGeometry> geometries() {
  return {
      geometry({1, 1, 1}, 1, 1, 1, 1, 0),        // the smallest
      geometry({3, 7, 6}, 24, 3, 3, 1, 1),       // padding channels on both sides
      geometry({33, 4, 5}, 65, 3, 2, 2, 1),      // several blocks, strided, kernel not square
      geometry({64, 3, 3}, 32, 3, 3, 1, 1),      // whole blocks
      geometry({40, 5, 4}, 100, 1, 1, 2, 0),     // a strided 1x1
      geometry({24, 2, 3}, 10, 2, 3, 1, 0),      // linear
      geometry({70, 5, 5}, 70, 3, 3, 1, 1, 70),  // depthwise
      geometry({48, 4, 4}, 72, 3, 3, 2, 1, 3),   // groups that cross block borders
      geometry({12, 12, 11}, 8, 5, 5, 3, 2, 2), geometry({8, 9, 35}, 16, 7, 7, 2, 3),
      geometry({24, 4, 4}, 48, 3, 3, 1, 1, 24),  // depthwise, two outputs a channel
      // Positions that share inputs: even and odd sides, windows that reach over one border or both, kernels
      // with few taps and with many.
      geometry({20, 5, 6}, 40, 2, 2, 1, 1), geometry({40, 6, 7}, 33, 2, 3, 1, 1),
      geometry({40, 7, 6}, 33, 3, 2, 1, 0), geometry({5, 4, 9}, 7, 5, 5, 1, 2),
      geometry({3, 2, 2}, 3, 3, 3, 1, 2),
      geometry({5, 9, 6}, 7, 9, 3, 1, 4),  // windows that miss the picture
      geometry({5, 6, 9}, 7, 3, 9, 1, 4),
      geometry({96, 3, 4}, 320, 3, 3, 1, 1),  // more weights than stay in a cache
      geometry({225, 9, 8}, 97, 3, 3, 1, 1),  // and still fewer than inputs
  };
}

std::string describe(const ConvolutionGeometry& g, int images) {
  return fmt::format("{} to {}, kernel {}x{}, stride {}, pad {}, {} groups, {} images", to_string(g.in),
                     to_string(g.out), g.kernel_height, g.kernel_width, g.stride, g.pad, g.groups, images);
}

// Inputs of a convolution, plain and as the kernels want them.
struct Problem {
  Problem(const ConvolutionGeometry& convolution, int image_count, std::uint64_t seed = 14)
      : g(convolution),
        images(image_count),
        random(seed, RandomPurpose::test),
        x_block(blocked(g.in, images, x)),
        dy_block(blocked(g.out, images, dy)),
        padded_bias(static_cast<std::size_t>(g.out.channel_blocks() * kBlockChannels)),
        forward_tiles(static_cast<std::size_t>(forward_weight_elements(g))),
        backward_tiles(forward_tiles.size()) {
    std::copy(bias.begin(), bias.end(), padded_bias.begin());
    pack_weights(g, weights, 0, g.out.channels, {forward_tiles, backward_tiles});
  }

  ConvolutionGeometry g;
  int images;
  Random random;
  std::vector<float> x = random_values(random, images* g.in.elements());
  std::vector<float> weights = random_values(random, g.weight_elements());
  std::vector<float> bias = random_values(random, g.out.channels);
  std::vector<float> dy = random_values(random, images* g.out.elements());
  std::vector<bf16> x_block, dy_block;
  std::vector<float> padded_bias;
  std::vector<bf16> forward_tiles, backward_tiles;
};

class ConvolutionKernelsTest : public testing::TestWithParam<ConvolutionChoice> {
 protected:
  const ConvolutionKernels& kernels = GetParam().kernels();

  template <class Check>
  void for_each_problem(const Check& check) {
    for (const ConvolutionGeometry& g : geometries()) {
      if (!GetParam().concerns(g)) continue;
      for (const int images : {1, 15, 16, 17, 31, 32}) {
        if (convolution_flop(g).nominal > 5e6 && images != 17) continue;  // the reference is slow
        SCOPED_TRACE(describe(g, images));
        Problem problem(g, images);
        check(problem);
      }
    }
  }
};

TEST_P(ConvolutionKernelsTest, ForwardMatchesTheReference) {
  for_each_problem([&](Problem& p) {
    std::vector<double> exact(p.dy.size());
    convolution_reference<double>(p.g, p.images, doubles(p.x), doubles(p.weights), doubles(p.bias), exact);
    std::vector<bf16> y_block = unwritten(p.g.out);
    kernels.forward({p.g, p.images, p.x_block.data(), p.forward_tiles.data(), p.padded_bias.data(),
                     y_block.data(), nullptr, scratch_of(p.g)});
    const std::vector<float> y = plain(p.g.out, p.images, y_block);
    const int terms = p.g.taps() * p.g.group_inputs() + 1;  // each at most 1
    for (std::size_t i = 0; i < y.size(); ++i)
      ASSERT_NEAR(y[i], exact[i], bf16_tolerance(exact[i], terms, terms));
    expect_zero_padding_channels(p.g.out, p.images, y_block);
    for (const bf16 value : y_block) ASSERT_TRUE(std::isfinite(to_float(value)));
  });
}

// The same bits as an activation of what is written.
TEST_P(ConvolutionKernelsTest, ForwardOfASingleTapAppliesAnActivation) {
  int applied = 0;
  for_each_problem([&](Problem& p) {
    if (!applies_activation(p.g)) return;
    ++applied;
    // What other pictures have in memory must not matter.
    fill_padding_images(p.g.in, p.images, p.x_block, 1e4f);
    float largest = 0;
    const auto forward = [&](ActivationKind activation) {
      std::vector<bf16> y = unwritten(p.g.out);
      kernels.forward({.geometry = p.g,
                       .images = p.images,
                       .x = p.x_block.data(),
                       .weights = p.forward_tiles.data(),
                       .bias = p.padded_bias.data(),
                       .y = y.data(),
                       .scratch = scratch_of(p.g),
                       .activation = activation,
                       .largest_y = &largest});
      return plain(p.g.out, p.images, y);
    };
    const ActivationKernels& activation = kernels_for(GetParam().isa).activation;
    const std::vector<float> before = forward(ActivationKind::identity);
    std::vector<bf16> expected((before.size() + 31) / 32 * 32);
    std::ranges::transform(before, expected.begin(), to_bf16);
    activation.forward(ActivationKind::silu, static_cast<std::int64_t>(expected.size()), expected.data(),
                       expected.data());
    const std::vector<float> after = forward(ActivationKind::silu);
    float largest_after = 0;
    for (std::size_t i = 0; i < after.size(); ++i) {
      ASSERT_EQ(after[i], to_float(expected[i])) << i;
      largest_after = std::max(largest_after, std::abs(after[i]));
    }
    EXPECT_EQ(largest, largest_after);
  });
  EXPECT_EQ(applied > 0, !GetParam().shared);
}

TEST_P(ConvolutionKernelsTest, BackwardDataMatchesTheReference) {
  for_each_problem([&](Problem& p) {
    std::vector<double> exact(p.x.size());
    convolution_backward_reference<double>(p.g, p.images, doubles(p.x), doubles(p.weights), doubles(p.dy),
                                           exact, {}, {});
    std::vector<bf16> dx_block = unwritten(p.g.in);
    kernels.backward_data({p.g, p.images, p.dy_block.data(), p.backward_tiles.data(), dx_block.data(),
                           nullptr, scratch_of(p.g)});
    const std::vector<float> dx = plain(p.g.in, p.images, dx_block);
    const int terms = p.g.taps() * p.g.group_outputs();
    for (std::size_t i = 0; i < dx.size(); ++i) {
      ASSERT_NEAR(dx[i], exact[i], bf16_tolerance(exact[i], terms, terms));
    }
    expect_zero_padding_images(p.g.in, p.images, dx_block);
    expect_zero_padding_channels(p.g.in, p.images, dx_block);
  });
}

// What a picture's predictions must not depend on.
TEST_P(ConvolutionKernelsTest, APictureGivesTheSameBitsWhateverStandsBesideIt) {
  for (const ConvolutionGeometry& g :
       {geometry({40, 7, 7}, 33, 3, 3, 1, 1), geometry({70, 3, 5}, 33, 3, 3, 1, 1)}) {
    const Problem p(g, 32);
    const auto forward = [&](int images) {
      std::vector<bf16> y = unwritten(g.out);
      kernels.forward(
          {g, images, p.x_block.data(), p.forward_tiles.data(), nullptr, y.data(), nullptr, scratch_of(g)});
      return plain(g.out, 1, y);
    };
    EXPECT_EQ(forward(32), forward(1)) << to_string(g.in);
    const auto backward = [&](int images) {
      std::vector<bf16> dx = unwritten(g.in);
      kernels.backward_data(
          {g, images, p.dy_block.data(), p.backward_tiles.data(), dx.data(), nullptr, scratch_of(g)});
      return plain(g.in, 1, dx);
    };
    EXPECT_EQ(backward(32), backward(1)) << to_string(g.in);
  }
}

TEST_P(ConvolutionKernelsTest, BackwardWeightsOverwritesOrAddsToItsLaneAndLanesAddUp) {
  for_each_problem([&](Problem& p) {
    std::vector<double> exact(p.weights.size());
    convolution_backward_reference<double>(p.g, p.images, doubles(p.x), doubles(p.weights), doubles(p.dy), {},
                                           exact, {});
    const auto lane_elements = static_cast<std::size_t>(weight_gradient_elements(p.g));
    std::vector<float> lanes(2 * lane_elements, std::numeric_limits<float>::quiet_NaN());
    std::vector<bf16> scratch(static_cast<std::size_t>(weight_gradient_scratch_elements(p.g)));
    fill_padding_images(p.g.in, p.images, p.x_block, 3.0f);
    struct Call {
      std::size_t lane;
      bool accumulate;
    };
    const GradientOperands block{.x = p.x_block.data(), .dy = p.dy_block.data()};
    for (const Call& call : {Call{0, false}, Call{1, false}, Call{1, true}}) {
      kernels.backward_weights({.geometry = p.g,
                                .blocks = &block,
                                .block_count = 1,
                                .scratch = scratch.data(),
                                .weight_gradient = lanes.data() + call.lane * lane_elements,
                                .accumulate = call.accumulate});
    }
    std::vector<float> dweights(p.weights.size());
    const int half = p.g.out.channels / 2;
    kernels.reduce_weight_gradient({p.g, lanes.data(), 2, 0, half, dweights.data()});
    kernels.reduce_weight_gradient({p.g, lanes.data(), 2, half, p.g.out.channels, dweights.data()});
    const double terms = 3.0 * p.images * p.g.out.positions();
    for (std::size_t i = 0; i < dweights.size(); ++i) {
      ASSERT_NEAR(dweights[i], 3 * exact[i], float_tolerance(terms, terms)) << "weight " << i;
    }
  });
}

TEST_P(ConvolutionKernelsTest, BackwardBiasAddsUpTheGradient) {
  for_each_problem([&](Problem& p) {
    std::vector<double> exact(p.bias.size());
    convolution_backward_reference<double>(p.g, p.images, doubles(p.x), doubles(p.weights), doubles(p.dy), {},
                                           {}, exact);
    std::vector<float> gradient(p.padded_bias.size(), 1.0f);
    kernels.backward_bias(p.g.out, p.dy_block.data(), gradient.data());
    const double terms = 1.0 + p.images * p.g.out.positions();
    for (std::size_t c = 0; c < gradient.size(); ++c) {
      ASSERT_NEAR(gradient[c], 1 + (c < exact.size() ? exact[c] : 0), float_tolerance(terms, terms)) << c;
    }
  });
}

// The fused pool is held to the unfused convolution on the same ISA: the same sums, so equal bits.
TEST_P(ConvolutionKernelsTest, ThePoolTakesTheLargestOfTheUnpooledOutputs) {
  for (ConvolutionGeometry g : {geometry({24, 5, 7}, 40, 2, 2, 1, 0), geometry({3, 6, 5}, 10, 3, 3, 1, 1)}) {
    for (const int images : {1, 17, 32}) {
      SCOPED_TRACE(describe(g, images));
      const Problem p(g, images);
      std::vector<bf16> unpooled_block = unwritten(g.out);
      kernels.forward({g, images, p.x_block.data(), p.forward_tiles.data(), p.padded_bias.data(),
                       unpooled_block.data(), nullptr, scratch_of(g)});
      g.pool = true;
      const Shape pooled = g.written();
      std::vector<bf16> y_block = unwritten(pooled);
      std::vector<std::uint8_t> argmax(y_block.size(), 9);
      kernels.forward({g, images, p.x_block.data(), p.forward_tiles.data(), p.padded_bias.data(),
                       y_block.data(), argmax.data(), scratch_of(g)});
      g.pool = false;

      for (int image = 0; image < images; ++image) {
        for (int c = 0; c < pooled.channels; ++c) {
          for (int y = 0; y < pooled.height; ++y) {
            for (int x = 0; x < pooled.width; ++x) {
              float window[4];
              for (int i = 0; i < 4; ++i) {
                const auto at =
                    static_cast<std::size_t>(blocked_index(g.out, image, c, 2 * y + i / 2, 2 * x + i % 2));
                window[i] = to_float(unpooled_block[at]);
              }
              const auto at = static_cast<std::size_t>(blocked_index(pooled, image, c, y, x));
              ASSERT_EQ(to_float(y_block[at]), *std::max_element(window, window + 4));
              ASSERT_LT(argmax[at], 4);
              ASSERT_EQ(window[argmax[at]], to_float(y_block[at]));
            }
          }
        }
      }
      expect_zero_padding_channels(pooled, images, y_block);
    }
  }
}

// The gradient of a pool and which position of each window won.
struct PooledGradient {
  PooledGradient(const ConvolutionGeometry& pooled_convolution, int image_count, std::uint64_t seed = 15)
      : g(pooled_convolution),
        images(image_count),
        random(seed, RandomPurpose::test),
        dy(blocked(g.written(), images, random_values(random, images * g.written().elements()))),
        argmax(dy.size()) {
    for (std::uint8_t& which : argmax) which = static_cast<std::uint8_t>(random.below(4));
  }

  // Before the pool, plain: 0 where a position did not win or no window covers it.
  std::vector<double> before_pool() const {
    const Shape pooled = g.written();
    std::vector<double> before;
    for (int image = 0; image < images; ++image) {
      for (int c = 0; c < g.out.channels; ++c) {
        for (int y = 0; y < g.out.height; ++y) {
          for (int x = 0; x < g.out.width; ++x) {
            const bool covered = y / 2 < pooled.height && x / 2 < pooled.width;
            const auto at =
                covered ? static_cast<std::size_t>(blocked_index(pooled, image, c, y / 2, x / 2)) : 0;
            before.push_back(covered && argmax[at] == y % 2 * 2 + x % 2 ? to_float(dy[at]) : 0);
          }
        }
      }
    }
    return before;
  }

  ConvolutionGeometry g;
  int images;
  Random random;
  std::vector<bf16> dy;
  std::vector<std::uint8_t> argmax;
};

// Rows and columns that no window covers have no gradient: what is in memory there must not matter.
TEST_P(ConvolutionKernelsTest, BackwardDataOfAPooledConvolutionComesFromTheWinners) {
  for (ConvolutionGeometry g : {geometry({33, 5, 7}, 34, 3, 3, 1, 1), geometry({3, 9, 6}, 40, 2, 2, 1, 1),
                                geometry({20, 8, 8}, 33, 3, 3, 1, 0), geometry({40, 7, 9}, 20, 3, 3, 2, 1),
                                geometry({96, 5, 4}, 320, 3, 3, 1, 1)}) {
    for (const int images : {1, 17, 32}) {
      SCOPED_TRACE(describe(g, images));
      g.pool = false;
      const Problem p(g, images);
      g.pool = true;
      const PooledGradient gradient(g, images);
      std::vector<double> exact(p.x.size());
      convolution_backward_reference<double>(p.g, images, doubles(p.x), doubles(p.weights),
                                             gradient.before_pool(), exact, {}, {});
      std::vector<bf16> dx_block = unwritten(g.in);
      kernels.backward_data({g, images, gradient.dy.data(), p.backward_tiles.data(), dx_block.data(),
                             gradient.argmax.data(), scratch_of(g)});
      const std::vector<float> dx = plain(g.in, images, dx_block);
      const int terms = g.taps() * g.group_outputs();
      for (std::size_t i = 0; i < dx.size(); ++i) {
        ASSERT_NEAR(dx[i], exact[i], bf16_tolerance(exact[i], terms, terms));
      }
      expect_zero_padding_images(g.in, images, dx_block);
    }
  }
}

TEST_P(ConvolutionKernelsTest, BackwardWeightsOfAPooledConvolutionGoThroughTheWinners) {
  for (const Shape& in : {Shape{33, 5, 7}, Shape{3, 14, 9}}) {
    ConvolutionGeometry g = geometry(in, 34, 3, 3, 1, 1);
    const int images = 17;
    const Problem p(g, images);
    g.pool = true;
    const PooledGradient gradient(g, images);
    std::vector<double> exact(p.weights.size());
    convolution_backward_reference<double>(p.g, images, doubles(p.x), doubles(p.weights),
                                           gradient.before_pool(), {}, exact, {});

    std::vector<float> lane(static_cast<std::size_t>(weight_gradient_elements(g)));
    std::vector<bf16> scratch(static_cast<std::size_t>(weight_gradient_scratch_elements(g)));
    const GradientOperands block{p.x_block.data(), gradient.dy.data(), gradient.argmax.data()};
    kernels.backward_weights({g, &block, 1, scratch.data(), lane.data()});
    std::vector<float> dweights(p.weights.size());
    kernels.reduce_weight_gradient({g, lane.data(), 1, 0, g.out.channels, dweights.data()});
    const double terms = images * g.written().positions();
    for (std::size_t i = 0; i < dweights.size(); ++i) {
      ASSERT_NEAR(dweights[i], exact[i], float_tolerance(terms, terms)) << "weight " << i;
    }
  }
}

// A tap, or a row of them, goes over the blocks in their order, as it does over positions: equal bits.
TEST_P(ConvolutionKernelsTest, BackwardWeightsOfSeveralBlocksAreThoseOfOneAfterTheOther) {
  for (ConvolutionGeometry g : {geometry({70, 3, 3}, 33, 3, 3, 1, 1), geometry({40, 5, 4}, 35, 3, 3, 1, 1),
                                geometry({24, 6, 6}, 20, 3, 3, 1, 1), geometry({34, 7, 7}, 16, 3, 3, 2, 1),
                                geometry({64, 1, 1}, 10, 1, 1, 1, 0)}) {
    g.pool = g.in.height == 6;
    SCOPED_TRACE(to_string(g.in));
    const int count = weight_gradient_blocks(g);
    ASSERT_GT(count, 1);
    ConvolutionGeometry unpooled = g;
    unpooled.pool = false;
    std::vector<Problem> problems;
    std::vector<PooledGradient> gradients;
    std::vector<GradientOperands> blocks;
    for (int block = 0; block < count; ++block) {
      const int images = block + 1 < count ? 32 : 19;
      problems.emplace_back(unpooled, images, static_cast<std::uint64_t>(block));
      if (g.pool) gradients.emplace_back(g, images, static_cast<std::uint64_t>(block));
    }
    for (std::size_t block = 0; block < problems.size(); ++block) {
      blocks.push_back({.x = problems[block].x_block.data(), .dy = problems[block].dy_block.data()});
      if (g.pool) {
        blocks.back().dy = gradients[block].dy.data();
        blocks.back().argmax = gradients[block].argmax.data();
      }
    }
    const auto elements = static_cast<std::size_t>(weight_gradient_elements(g));
    std::vector<float> together(elements), one_by_one(elements);
    std::vector<bf16> scratch(static_cast<std::size_t>(weight_gradient_scratch_elements(g)));
    kernels.backward_weights({g, blocks.data(), count, scratch.data(), together.data()});
    for (int block = 0; block < count; ++block) {
      kernels.backward_weights(
          {g, &blocks[static_cast<std::size_t>(block)], 1, scratch.data(), one_by_one.data(), block > 0});
    }
    std::vector<float> dweights(problems[0].weights.size()), expected(dweights.size());
    kernels.reduce_weight_gradient({g, together.data(), 1, 0, g.out.channels, dweights.data()});
    kernels.reduce_weight_gradient({g, one_by_one.data(), 1, 0, g.out.channels, expected.data()});
    EXPECT_EQ(dweights, expected);
    EXPECT_NE(dweights, std::vector<float>(dweights.size()));
  }
}

// More tiles to add up than are passed to the micro-kernel at once: taps forward and backward, positions for
// the weights' gradient.
TEST_P(ConvolutionKernelsTest, SumsOfVeryManyTilesAreExactToo) {
  const ConvolutionGeometry linear = geometry({2, 24, 23}, 3, 24, 23, 1, 0);
  const int images = 3;
  Problem p(linear, images);
  std::vector<double> exact(p.dy.size());
  convolution_reference<double>(linear, images, doubles(p.x), doubles(p.weights), doubles(p.bias), exact);
  std::vector<bf16> y_block = unwritten(linear.out);
  kernels.forward({linear, images, p.x_block.data(), p.forward_tiles.data(), p.padded_bias.data(),
                   y_block.data(), nullptr, scratch_of(p.g)});
  const std::vector<float> y = plain(linear.out, images, y_block);
  const double terms = 2 * 24 * 23 + 1;
  for (std::size_t i = 0; i < y.size(); ++i)
    ASSERT_NEAR(y[i], exact[i], bf16_tolerance(exact[i], terms, terms));

  const ConvolutionGeometry wide = geometry({2, 24, 23}, 3, 1, 1, 1, 0);
  Problem q(wide, images);
  std::vector<double> exact_dweights(q.weights.size());
  convolution_backward_reference<double>(wide, images, doubles(q.x), doubles(q.weights), doubles(q.dy), {},
                                         exact_dweights, {});
  std::vector<float> lane(static_cast<std::size_t>(weight_gradient_elements(wide)));
  std::vector<bf16> scratch(static_cast<std::size_t>(weight_gradient_scratch_elements(wide)));
  const GradientOperands block{q.x_block.data(), q.dy_block.data()};
  kernels.backward_weights({wide, &block, 1, scratch.data(), lane.data()});
  std::vector<float> dweights(q.weights.size());
  kernels.reduce_weight_gradient({wide, lane.data(), 1, 0, 3, dweights.data()});
  for (std::size_t i = 0; i < dweights.size(); ++i) {
    ASSERT_NEAR(dweights[i], exact_dweights[i], float_tolerance(24 * 23 * images, 24 * 23 * images));
  }
}

FTL_FOR_EVERY_CONVOLUTION(ConvolutionKernelsTest);

// airbench94's convolutions, in MFLOP an image, worked out by hand: 3 * size - 2 of a side's 3 * size taps
// are inside.
TEST(Convolution, FlopCountsOfAKnownNetwork) {
  const auto mflop = [](int in, int out, int size) {
    const ConvolutionFlop flop = convolution_flop(geometry({in, size, size}, out, 3, 3, 1, 1));
    return std::pair(std::round(flop.nominal / 1e5) / 10, std::round(flop.executed / 1e5) / 10);
  };
  EXPECT_EQ(mflop(24, 64, 31), std::pair(26.6, 25.4));
  EXPECT_EQ(mflop(64, 64, 15), std::pair(16.6, 15.1));
  EXPECT_EQ(mflop(64, 256, 15), std::pair(66.4, 60.6));
  EXPECT_EQ(mflop(256, 256, 7), std::pair(57.8, 47.3));
  EXPECT_EQ(mflop(256, 256, 3), std::pair(10.6, 6.4));
}

TEST(Convolution, FlopCountsSkipPositionsThatNoPoolCovers) {
  ConvolutionGeometry g = geometry({2, 3, 5}, 4, 1, 1, 1, 0);
  g.pool = true;
  EXPECT_EQ(convolution_flop(g).nominal, 2.0 * 2 * 4 * 15);
  EXPECT_EQ(convolution_flop(g).executed, 2.0 * 2 * 4 * 8);
}

TEST(Convolution, FlopCountsSkipTapsOutsideThePicture) {
  const ConvolutionGeometry g = geometry({2, 3, 3}, 5, 3, 3, 1, 1);
  const ConvolutionFlop flop = convolution_flop(g);
  EXPECT_EQ(flop.nominal, 2.0 * 2 * 5 * 9 * 9);
  EXPECT_EQ(flop.executed, 2.0 * 2 * 5 * 49);  // a side's 3 outputs see 2, 3 and 2 of their 3 taps
}

TEST(Convolution, ContradictoryGeometriesAreRefused) {
  ConvolutionGeometry g = geometry({4, 3, 3}, 6, 3, 3, 1, 1, 2);
  EXPECT_NO_THROW(check(g));
  g.groups = 4;
  EXPECT_THROW(check(g), std::invalid_argument);
  g.groups = 2;
  g.out.width = 4;
  EXPECT_THROW(check(g), std::invalid_argument);
  EXPECT_THROW(check(geometry({4, 3, 3}, 6, 5, 5, 1, 0)), std::invalid_argument);  // larger than its input
  ConvolutionGeometry narrow = geometry({4, 1, 3}, 6, 1, 1, 1, 0);
  EXPECT_NO_THROW(check(narrow));
  narrow.pool = true;
  EXPECT_THROW(check(narrow), std::invalid_argument);
}

}  // namespace
}  // namespace ftl::kernels
