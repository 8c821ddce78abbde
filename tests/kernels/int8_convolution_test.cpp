// Convolutions that multiply 8-bit integers. Operands that are multiples of their scale are not changed by
// rounding, so that results are those of the reference.
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>

#include "kernels/convolution/convolution.hpp"
#include "kernels/convolution_choice.hpp"
#include "kernels/registry.hpp"
#include "kernels/test_support.hpp"

namespace ftl::kernels {
namespace {

using namespace test;

ConvolutionGeometry geometry(Shape in, int out_channels, int kernel_height, int kernel_width, int stride,
                             int pad, bool pool = false) {
  const Shape out{out_channels, (in.height + 2 * pad - kernel_height) / stride + 1,
                  (in.width + 2 * pad - kernel_width) / stride + 1};
  ConvolutionGeometry g{in, out, kernel_height, kernel_width, stride, pad, 1, pool};
  g.int8 = suits_int8(g);
  return g;
}

std::vector<ConvolutionGeometry> geometries() {
  return {geometry({64, 5, 6}, 64, 3, 3, 1, 1),         geometry({64, 7, 7}, 128, 3, 3, 1, 1, true),
          geometry({128, 4, 4}, 64, 3, 3, 1, 1, true),  geometry({64, 3, 3}, 64, 3, 3, 1, 1),
          geometry({64, 5, 4}, 64, 2, 2, 1, 1, true),   geometry({64, 6, 5}, 64, 2, 3, 1, 0),
          geometry({64, 7, 6}, 64, 3, 3, 2, 1),         geometry({64, 7, 6}, 64, 3, 3, 2, 1, true),
          geometry({64, 2, 3}, 64, 2, 3, 1, 0),         geometry({64, 31, 5}, 64, 3, 3, 1, 1, true),
          geometry({24, 6, 100}, 64, 3, 3, 1, 1, true),  // bands of odd height
          geometry({24, 9, 7}, 64, 3, 3, 1, 1, true),   geometry({40, 5, 5}, 64, 3, 3, 1, 1)};
}

// Integers up to 127 times a power of two; 127 itself is among them.
std::vector<float> multiples(Random& random, std::int64_t count, float scale) {
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = (static_cast<float>(random.below(255)) - 127) * scale;
  values[random.below(static_cast<std::uint32_t>(count))] = 127 * scale;
  return values;
}

// Every output's and every input's largest weight is 127 times the scale.
std::vector<float> weight_multiples(Random& random, const ConvolutionGeometry& g, float scale) {
  std::vector<float> weights = multiples(random, g.weight_elements(), scale);
  const auto set = [&](int output, int input) {
    weights[static_cast<std::size_t>((output * g.in.channels + input) * g.taps())] = -127 * scale;
  };
  for (int i = 0; i < std::max(g.in.channels, g.out.channels); ++i) {
    set(i % g.out.channels, i % g.in.channels);
  }
  return weights;
}

constexpr float kInputScale = 0x1p-4f;
constexpr float kWeightScale = 0x1p-9f;
constexpr float kGradientScale = 0x1p-12f;

struct Problem {
  Problem(const ConvolutionKernels& convolution_kernels, const ConvolutionGeometry& convolution,
          int image_count, std::uint64_t seed = 21)
      : kernels(&convolution_kernels),
        g(convolution),
        images(image_count),
        random(seed, RandomPurpose::test),
        x(multiples(random, images * g.in.elements(), kInputScale)),
        weights(weight_multiples(random, g, kWeightScale)),
        bias(random_values(random, g.out.channels)),
        x_block(blocked(g.in, images, x)),
        dy_block(
            blocked(g.written(), images, multiples(random, images * g.written().elements(), kGradientScale))),
        argmax(dy_block.size()),
        forward(static_cast<std::size_t>(forward_weight_elements(g))),
        backward(static_cast<std::size_t>(backward_weight_elements(g))),
        output_scales(static_cast<std::size_t>(g.out.padded_channels())),
        input_scales(static_cast<std::size_t>(g.in.padded_channels())),
        rounded(static_cast<std::size_t>(rounded_input_elements(g))),
        scratch(static_cast<std::size_t>(
            std::max(backward_data_scratch_elements(g), weight_gradient_scratch_elements(g)))) {
    for (std::uint8_t& which : argmax) which = static_cast<std::uint8_t>(random.below(4));
    pack();
  }

  void pack() {
    const PackedWeights packed{forward, backward, output_scales, input_scales};
    scale_weights(g, weights, output_scales, input_scales);
    const int middle = g.out.channels / (2 * kInt8Depth) * kInt8Depth;
    pack_weights(g, weights, 0, middle, packed);
    pack_weights(g, weights, middle, g.out.channels, packed);
  }

  // Before the pool, if there is one, plain.
  std::vector<double> dy() const {
    const Shape written = g.written();
    std::vector<double> plain;
    for (int image = 0; image < images; ++image) {
      for (int c = 0; c < g.out.channels; ++c) {
        for (int y = 0; y < g.out.height; ++y) {
          for (int column = 0; column < g.out.width; ++column) {
            plain.push_back(dy_at(written, image, c, y, column));
          }
        }
      }
    }
    return plain;
  }

  struct Inputs {
    const bf16* x;
    float largest;
  };
  // Rounded where the forward pass multiplies integers.
  Inputs inputs() const {
    const float largest = kernels->largest_magnitude(g.in, images, x_block.data());
    if (!g.int8.forward) return {x_block.data(), largest};
    kernels->round_inputs(g.in, images, x_block.data(), largest, rounded.data());
    return {rounded.data(), largest};
  }

  ConvolutionForward forward_arguments(bf16* y, std::uint8_t* which = nullptr) const {
    const Inputs of_x = inputs();
    return {.geometry = g,
            .images = images,
            .x = of_x.x,
            .weights = forward.data(),
            .bias = bias.data(),
            .y = y,
            .argmax = which,
            .scratch = scratch_of(g),
            .weight_scales = output_scales.data(),
            .largest_x = of_x.largest};
  }
  ConvolutionBackwardData data_arguments(bf16* dx) const {
    return {.geometry = g,
            .images = images,
            .dy = dy_block.data(),
            .weights = backward.data(),
            .dx = dx,
            .argmax = g.pool ? argmax.data() : nullptr,
            .scratch = scratch.data(),
            .weight_scales = input_scales.data(),
            .largest_dy = kernels->largest_magnitude(g.written(), images, dy_block.data())};
  }
  GradientOperands operands() const {
    const Inputs of_x = inputs();
    return {.x = of_x.x,
            .dy = dy_block.data(),
            .argmax = g.pool ? argmax.data() : nullptr,
            .largest_x = of_x.largest,
            .largest_dy = kernels->largest_magnitude(g.written(), images, dy_block.data())};
  }

  const ConvolutionKernels* kernels;
  ConvolutionGeometry g;
  int images;
  Random random;
  std::vector<float> x, weights, bias;
  std::vector<bf16> x_block, dy_block;
  std::vector<std::uint8_t> argmax;
  std::vector<bf16> forward, backward;
  std::vector<float> output_scales, input_scales;
  mutable std::vector<bf16> rounded, scratch;

 private:
  double dy_at(const Shape& written, int image, int c, int y, int x_of) const {
    if (!g.pool)
      return to_float(dy_block[static_cast<std::size_t>(blocked_index(written, image, c, y, x_of))]);
    if (y / 2 >= written.height || x_of / 2 >= written.width) return 0;
    const auto at = static_cast<std::size_t>(blocked_index(written, image, c, y / 2, x_of / 2));
    return argmax[at] == y % 2 * 2 + x_of % 2 ? to_float(dy_block[at]) : 0;
  }
};

class Int8ConvolutionTest : public testing::TestWithParam<ConvolutionChoice> {
 protected:
  const ConvolutionKernels& kernels = GetParam().kernels();

  template <class Check>
  void for_each_problem(const Check& check) {
    for (const ConvolutionGeometry& g : geometries()) {
      if (!GetParam().concerns(g)) continue;
      for (const int images : {1, 16, 17, 32}) {
        if (convolution_flop(g).nominal > 2e7 && images != 17) continue;  // the reference is slow
        SCOPED_TRACE(fmt::format("{} to {}, kernel {}x{}, stride {}, {}{} images", to_string(g.in),
                                 to_string(g.out), g.kernel_height, g.kernel_width, g.stride,
                                 g.pool ? "pool, " : "", images));
        Problem problem(kernels, g, images);
        check(problem);
      }
    }
  }
};

TEST_P(Int8ConvolutionTest, ForwardMatchesTheReference) {
  for_each_problem([&](Problem& p) {
    std::vector<double> exact(static_cast<std::size_t>(p.images * p.g.out.elements()));
    convolution_reference<double>(p.g, p.images, doubles(p.x), doubles(p.weights), doubles(p.bias), exact);
    const Shape written = p.g.written();
    std::vector<bf16> y = unwritten(written);
    std::vector<std::uint8_t> argmax(y.size(), 9);
    // What other pictures have in memory must not matter.
    fill_padding_images(p.g.in, p.images, p.x_block, 1e4f);
    kernels.forward(p.forward_arguments(y.data(), p.g.pool ? argmax.data() : nullptr));
    const int terms = p.g.taps() * p.g.in.channels + 1;
    const double magnitude = terms * 127.0 * 127 * kInputScale * kWeightScale;
    for (int image = 0; image < p.images; ++image) {
      for (int c = 0; c < written.channels; ++c) {
        for (int i = 0; i < written.positions(); ++i) {
          const int row = i / written.width;
          const int column = i % written.width;
          double expected = -std::numeric_limits<double>::infinity();
          const int side = p.g.pool ? 2 : 1;
          double of_candidate[4] = {};
          for (int candidate = 0; candidate < side * side; ++candidate) {
            const int out_y = side * row + candidate / side;
            const int out_x = side * column + candidate % side;
            of_candidate[candidate] = exact[static_cast<std::size_t>(
                ((image * written.channels + c) * p.g.out.height + out_y) * p.g.out.width + out_x)];
            expected = std::max(expected, of_candidate[candidate]);
          }
          const auto at = static_cast<std::size_t>(blocked_index(written, image, c, row, column));
          const double tolerance = bf16_tolerance(expected, terms, magnitude);
          ASSERT_NEAR(to_float(y[at]), expected, tolerance);
          ASSERT_LT(p.g.pool ? argmax[at] : 0, 4);
          ASSERT_NEAR(p.g.pool ? of_candidate[argmax[at]] : expected, expected, tolerance);
        }
      }
    }
  });
}

TEST_P(Int8ConvolutionTest, BackwardDataMatchesTheReference) {
  for_each_problem([&](Problem& p) {
    std::vector<double> exact(p.x.size());
    convolution_backward_reference<double>(p.g, p.images, doubles(p.x), doubles(p.weights), p.dy(), exact, {},
                                           {});
    std::vector<bf16> dx_block = unwritten(p.g.in);
    kernels.backward_data(p.data_arguments(dx_block.data()));
    const std::vector<float> dx = plain(p.g.in, p.images, dx_block);
    const int terms = p.g.taps() * p.g.out.channels;
    const double magnitude = terms * 127.0 * 127 * kGradientScale * kWeightScale;
    for (std::size_t i = 0; i < dx.size(); ++i) {
      ASSERT_NEAR(dx[i], exact[i], bf16_tolerance(exact[i], terms, magnitude));
    }
    expect_zero_padding_images(p.g.in, p.images, dx_block);
  });
}

// Blocks in pairs, and one left over.
TEST_P(Int8ConvolutionTest, BackwardWeightsOfSomeBlocksMatchTheReference) {
  for (const ConvolutionGeometry& g : geometries()) {
    if (!GetParam().concerns(g)) continue;
    SCOPED_TRACE(fmt::format("{} to {}", to_string(g.in), to_string(g.out)));
    ASSERT_GE(weight_gradient_blocks(g), 2);
    for (int count = 1; count <= weight_gradient_blocks(g); ++count) {
      std::vector<Problem> problems;
      std::vector<GradientOperands> blocks;
      std::vector<double> exact(static_cast<std::size_t>(g.weight_elements()), 0.0);
      for (int block = 0; block < count; ++block) {
        const int last_images = count % 2 == 0 ? 9 : 19;
        problems.emplace_back(kernels, g, block + 1 < count ? 32 : last_images,
                              static_cast<std::uint64_t>(block));
        // A half without images may hold anything.
        std::ranges::fill(problems.back().rounded, bf16{0x7f7f});
      }
      // One scale for all, that of the block with the largest values.
      for (bf16& value : problems.front().dy_block) {
        if (count > 1) value = to_bf16(std::min(to_float(value), 50 * kGradientScale));
        if (count > 1) value = to_bf16(std::max(to_float(value), -50 * kGradientScale));
      }
      // But inputs rounded in the forward pass have each block's own, which its gradients make up for.
      if (count > 1 && g.int8.forward) {
        for (float& value : problems[1].x) value /= 8;
        for (bf16& value : problems[1].x_block) value = to_bf16(to_float(value) / 8);
        for (bf16& value : problems[1].dy_block) value = to_bf16(to_float(value) * 8);
      }
      for (Problem& p : problems) {
        std::vector<double> of_block(exact.size());
        convolution_backward_reference<double>(g, p.images, doubles(p.x), doubles(p.weights), p.dy(), {},
                                               of_block, {});
        std::ranges::transform(exact, of_block, exact.begin(), std::plus());
        fill_padding_images(g.in, p.images, p.x_block, 3.0f);
        blocks.push_back(p.operands());
      }
      std::vector<bf16> lane(static_cast<std::size_t>(weight_gradient_elements(g)),
                             to_bf16(std::numeric_limits<float>::quiet_NaN()));
      for (const bool accumulate : {false, true}) {
        kernels.backward_weights({.geometry = g,
                                  .blocks = blocks.data(),
                                  .block_count = count,
                                  .scratch = problems[0].scratch.data(),
                                  .weight_gradient = lane.data(),
                                  .accumulate = accumulate});
      }
      std::vector<float> dweights(exact.size());
      kernels.reduce_weight_gradient({g, lane.data(), 1, 0, g.out.channels / 2, dweights.data()});
      kernels.reduce_weight_gradient(
          {g, lane.data(), 1, g.out.channels / 2, g.out.channels, dweights.data()});
      const double terms = 2.0 * 32 * count * g.out.positions();
      const double magnitude = terms * 127.0 * 127 * kInputScale * kGradientScale;
      for (std::size_t i = 0; i < dweights.size(); ++i) {
        // Two sums in a lane of bf16.
        const double tolerance = float_tolerance(terms, magnitude) + 3 * 0x1p-8 * std::abs(exact[i]);
        ASSERT_NEAR(dweights[i], 2 * exact[i], tolerance) << "weight " << i;
      }
    }
  }
}

TEST_P(Int8ConvolutionTest, AWeightThatIsNotANumberShows) {
  Problem p(kernels, geometry({64, 4, 4}, 64, 3, 3, 1, 1), 17);
  std::fill_n(p.weights.begin(), 64 * 9, 0.0f);  // a filter of zeros is one of zeros
  p.weights[64 * 9] = std::numeric_limits<float>::quiet_NaN();
  p.pack();
  std::vector<bf16> y = unwritten(p.g.out);
  std::ranges::fill(y, bf16{});
  kernels.forward(p.forward_arguments(y.data()));
  EXPECT_EQ(to_float(y[0]), p.bias[0]);
  EXPECT_TRUE(std::isnan(to_float(y[1])));
  EXPECT_TRUE(std::isfinite(to_float(y[2])));
}

// With one tap of each filter for one channel, what comes out is what was multiplied, times 127.
struct Identity {
  Identity(const ConvolutionKernels& kernels, int side)
      : p(kernels, geometry({64, side, side}, 64, 2, 2, 1, 1), 32) {
    std::ranges::fill(p.weights, 0.0f);
    for (int c = 0; c < 64; ++c) p.weights[static_cast<std::size_t>((c * 64 + c) * 4)] = 127;
    std::ranges::fill(p.bias, 0.0f);
    p.pack();
  }
  Problem p;
};

TEST_P(Int8ConvolutionTest, InputsAreRoundedToTheNearest127thOfTheLargest) {
  Identity identity(kernels, 2);
  Problem& p = identity.p;
  for (bf16& value : p.x_block) value = to_bf16(p.random.uniform(-1, 1));
  p.x_block[5] = to_bf16(1.0f);
  std::vector<bf16> y = unwritten(p.g.out);
  kernels.forward(p.forward_arguments(y.data()));
  for (int image = 0; image < 32; ++image) {
    for (int c = 0; c < 64; ++c) {
      const float in = to_float(p.x_block[static_cast<std::size_t>(blocked_index(p.g.in, image, c, 1, 1))]);
      const float out = to_float(y[static_cast<std::size_t>(blocked_index(p.g.out, image, c, 2, 2))]) / 127;
      ASSERT_NEAR(out, in, 0.5 / 127 + 1.0 / 256 * std::abs(in)) << image << " " << c;
    }
  }
}

// Every channel by itself: a batch norm's gradients add up to nothing over a channel, and so must what is
// made of them.
TEST_P(Int8ConvolutionTest, GradientsAreRoundedUpOrDownWithTheirMeanInEveryChannel) {
  Identity identity(kernels, 48);
  Problem& p = identity.p;
  for (const float value : {0.3f, -0.3f, 0.02f, -0.02f, 1.75f}) {
    std::ranges::fill(p.dy_block, to_bf16(value));
    p.dy_block[static_cast<std::size_t>(blocked_index(p.g.out, 0, 0, 0, 0))] = to_bf16(127.0f);
    std::vector<bf16> dx_block = unwritten(p.g.in);
    kernels.backward_data(p.data_arguments(dx_block.data()));
    const std::vector<float> dx = plain(p.g.in, 32, dx_block);
    const auto positions = static_cast<std::size_t>(p.g.in.positions());
    for (std::size_t channel = 0; channel < 64; ++channel) {
      double sum = 0;
      for (std::size_t image = 0; image < 32; ++image) {
        for (std::size_t i = 0; i < positions; ++i) {
          const float quotient = dx[(image * 64 + channel) * positions + i] / 127;
          sum += quotient;
          ASSERT_LT(std::abs(quotient - value), 1) << quotient;
        }
      }
      // Four standard deviations of independent rounding.
      const double count = 32.0 * static_cast<double>(positions);
      const double up = value - std::floor(value);
      EXPECT_NEAR(sum / count, value, 4 * std::sqrt(up * (1 - up) / count)) << "channel " << channel;
    }
  }
}

// Each weight of the middle tap is the sum of one channel's gradients over all positions, times 127.
TEST_P(Int8ConvolutionTest, WeightGradientsSumUnbiasedRoundings) {
  Problem p(kernels, geometry({64, 24, 24}, 64, 3, 3, 1, 1), 32);
  std::ranges::fill(p.x_block, to_bf16(1.0f));
  std::vector<bf16> other = p.dy_block;
  const float value = 0.02f;
  for (std::vector<bf16>* dy : {&p.dy_block, &other}) std::ranges::fill(*dy, to_bf16(value));
  p.dy_block[0] = to_bf16(127.0f);
  std::array blocks{p.operands(), p.operands()};
  blocks[1].dy = other.data();
  std::vector<float> lane(static_cast<std::size_t>(weight_gradient_elements(p.g)));
  kernels.backward_weights({p.g, blocks.data(), 2, p.scratch.data(), lane.data()});
  std::vector<float> dweights(p.weights.size());
  kernels.reduce_weight_gradient({p.g, lane.data(), 1, 0, 64, dweights.data()});
  const double count = 64.0 * 24 * 24;
  for (std::size_t output = 0; output < 64; ++output) {
    const double sum = dweights[output * 64 * 9 + 4] - (output == 0 ? 127 : 0);
    EXPECT_NEAR(sum / count, value, 4 * std::sqrt(value / count)) << "output " << output;
  }
}

// As of a layer so large that 32-bit sums of one pass could overflow.
TEST_P(Int8ConvolutionTest, PassesMixWithBf16) {
  for (const bool pool : {false, true}) {
    Problem p(kernels, geometry({64, 5, 5}, 64, 3, 3, 1, 1, pool), 17);
    std::vector<bf16> of_int8 = unwritten(p.g.in);
    kernels.backward_data(p.data_arguments(of_int8.data()));
    Problem mixed = p;
    mixed.g.int8.data = false;
    mixed.backward.assign(static_cast<std::size_t>(backward_weight_elements(mixed.g)), bf16{});
    mixed.scratch.resize(static_cast<std::size_t>(backward_data_scratch_elements(mixed.g)));
    mixed.pack();
    std::vector<bf16> of_bf16 = unwritten(p.g.in);
    kernels.backward_data(mixed.data_arguments(of_bf16.data()));
    const std::vector<float> expected = plain(p.g.in, 17, of_int8);
    const std::vector<float> actual = plain(p.g.in, 17, of_bf16);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ASSERT_NEAR(actual[i], expected[i], 0.01 * std::abs(expected[i]) + 1e-4);
    }
  }
}

TEST_P(Int8ConvolutionTest, NanAndZerosComeThrough) {
  for (const bool pool : {false, true}) {
    Problem p(kernels, geometry({64, 4, 4}, 64, 3, 3, 1, 1, pool), 17);
    p.x_block[7] = to_bf16(std::numeric_limits<float>::quiet_NaN());
    std::vector<bf16> y = unwritten(p.g.written());
    std::vector<std::uint8_t> argmax(y.size());
    std::ranges::fill(y, bf16{});
    kernels.forward(p.forward_arguments(y.data(), pool ? argmax.data() : nullptr));
    EXPECT_TRUE(std::isnan(to_float(y[0])));
    p.dy_block[9] = to_bf16(std::numeric_limits<float>::infinity());
    std::vector<bf16> not_finite = unwritten(p.g.in);
    std::ranges::fill(not_finite, bf16{});
    kernels.backward_data(p.data_arguments(not_finite.data()));
    EXPECT_FALSE(std::isfinite(to_float(not_finite[0])));
    std::ranges::fill(p.dy_block, bf16{});
    std::vector<bf16> dx = unwritten(p.g.in);
    kernels.backward_data(p.data_arguments(dx.data()));
    for (const bf16 value : dx) ASSERT_EQ(to_float(value), 0.0f);
  }
}

TEST_P(Int8ConvolutionTest, WeightGradientsOfBlocksWithZerosAndNan) {
  const ConvolutionGeometry g = geometry({64, 4, 4}, 64, 3, 3, 1, 1);
  Problem full(kernels, g, 32, 1);
  const auto with_other = [&](const Problem& other) {
    const std::array blocks{full.operands(), other.operands()};
    std::vector<float> lane(static_cast<std::size_t>(weight_gradient_elements(g)));
    kernels.backward_weights({g, blocks.data(), 2, full.scratch.data(), lane.data()});
    std::vector<float> dweights(full.weights.size());
    kernels.reduce_weight_gradient({g, lane.data(), 1, 0, 64, dweights.data()});
    return dweights;
  };
  Problem no_input(kernels, g, 32, 2);
  std::ranges::fill(no_input.x_block, bf16{});
  Problem no_gradient(kernels, g, 32, 3);
  std::ranges::fill(no_gradient.dy_block, bf16{});
  const std::vector<float> of_full = with_other(no_input);
  EXPECT_EQ(of_full, with_other(no_gradient));
  EXPECT_GT(*std::ranges::max_element(of_full), 0);
  Problem nan(kernels, g, 32, 4);
  nan.x_block[9] = to_bf16(std::numeric_limits<float>::quiet_NaN());
  EXPECT_TRUE(std::isnan(with_other(nan)[0]));
  std::ranges::fill(full.dy_block, bf16{});
  EXPECT_EQ(with_other(no_input), std::vector<float>(full.weights.size(), 0.0f));
}

FTL_FOR_EVERY_CONVOLUTION(Int8ConvolutionTest);

TEST(Int8Convolution, SuitsPassesThatSumOverBlocksOf64Channels) {
  const auto suited = [](const ConvolutionGeometry& g) {
    const Int8Passes passes = suits_int8(g);
    return std::array{passes.forward, passes.data, passes.weights};
  };
  EXPECT_EQ(suited(geometry({64, 4, 4}, 128, 3, 3, 1, 1)), (std::array{true, true, true}));
  EXPECT_EQ(suited(geometry({24, 4, 4}, 128, 3, 3, 1, 1)), (std::array{false, true, true}));
  EXPECT_EQ(suited(geometry({64, 4, 4}, 32, 3, 3, 1, 1)), (std::array{false, false, false}));
  EXPECT_EQ(suited(geometry({64, 4, 4}, 64, 1, 1, 1, 0)), (std::array{false, false, false}));
  EXPECT_EQ(suited(geometry({64, 64, 64}, 64, 64, 64, 1, 0)), (std::array{false, false, true}));
  EXPECT_EQ(suited(geometry({64, 4, 2000}, 64, 3, 3, 1, 1)), (std::array{false, true, false}));
  ConvolutionGeometry grouped = geometry({64, 4, 4}, 64, 3, 3, 1, 1);
  ConvolutionGeometry forward_alone = grouped;
  forward_alone.int8 = {.forward = true};
  EXPECT_THROW(check(forward_alone), std::invalid_argument);
  grouped.groups = 2;
  EXPECT_EQ(suited(grouped), (std::array{false, false, false}));
  EXPECT_THROW(check(grouped), std::invalid_argument);
}

}  // namespace
}  // namespace ftl::kernels
