#include "kernels/activation/activation_vector.hpp"
#include "kernels/batch_norm/batch_norm_passes.hpp"
#include "kernels/convolution/int8_operands.hpp"

namespace ftl::kernels::FTL_ISA {
namespace {

template <ActivationKind kKind>
float largest_magnitude(const BatchNormForwardRounded& arguments) {
  vfloat largest{};
  vfloat nothing{};  // or NaN
  for (int c = 0; c < arguments.shape.padded_channels(); c += kLanes) {
    const vfloat scale = load(arguments.multiplier + c);
    const vfloat shift = load(arguments.offset + c);
    const vfloat of_smallest = load(arguments.smallest + c) * scale + shift;
    const vfloat of_largest = load(arguments.largest + c) * scale + shift;
    const vfloat low = minimum(of_smallest, of_largest);
    const vfloat high = maximum(of_smallest, of_largest);
    const vfloat between = maximum(low, minimum(high, broadcast(lowest_point<kKind>())));
    const vfloat points[] = {low, between, high};
    for (const vfloat z : points) {
      const vfloat y = activate<kKind>(z);
      largest = maximum(largest, maximum(y, -y));
    }
    nothing += (scale + shift) * 0.0f;
  }
  float result = 0;
  for (int lane = 0; lane < kLanes; ++lane) {
    if (largest[lane] > result) result = largest[lane];
  }
  for (int lane = 0; lane < kLanes; ++lane) result += nothing[lane];
  return result;
}

// Factors of 64 channels in the order that a row of integers takes them.
struct RowFactors {
  // Even channels of the first 32, odd ones, the same of the second 32.
  float of[kInt8Neighbours][kRowWords];

  explicit RowFactors(const float* channels) {
    for (int i = 0; i < kRowWords; ++i) {
      for (int neighbour = 0; neighbour < kInt8Neighbours; ++neighbour)
        of[neighbour][i] = channels[neighbour / 2 * kBlockChannels + 2 * i + neighbour % 2];
    }
  }
};

template <ActivationKind kKind>
float forward_rounded_of(const BatchNormForwardRounded& arguments) {
  const Shape& shape = arguments.shape;
  const float largest = largest_magnitude<kKind>(arguments);
  const NearestRounding rounding{IntegerScale(largest).inverse};
  bf16* integers = arguments.integers;
  for (int pair = 0; pair < shape.planes(); pair += 2) {
    if (images_of_half(arguments.images, pair / shape.channel_blocks()) == 0) break;
    const int channel = pair % shape.channel_blocks() * kBlockChannels;
    const RowFactors multiplier(arguments.multiplier + channel);
    const RowFactors offset(arguments.offset + channel);
    const bf16* x = arguments.x + pair * shape.plane_elements();
    const bf16* const end = x + shape.plane_elements();
    for (; x < end; x += kBlockChannels, integers += kTileDepth) {
      const bf16* const second = x + shape.plane_elements();
      prefetch_ahead(x);
      prefetch_ahead(second);
      for (int lane = 0; lane < kRowWords; lane += kLanes) {
        const vuint words[] = {load_words(x + 2 * lane), load_words(second + 2 * lane)};
        const auto integer = [&](int neighbour) {
          const vuint pairs = words[neighbour / 2];
          const vfloat value = neighbour % 2 == 0 ? even_channels(pairs) : odd_channels(pairs);
          return rounding(activate<kKind>(value * load(multiplier.of[neighbour] + lane) +
                                          load(offset.of[neighbour] + lane)),
                          0, lane);
        };
        store_row(integers, 0, lane, join_bytes(integer(0), integer(1), integer(2), integer(3)));
      }
    }
  }
  return largest;
}

}  // namespace

float batch_norm_forward_rounded(const BatchNormForwardRounded& arguments) {
  float largest = 0;
  with_kind(arguments.activation,
            [&]<ActivationKind kKind>(Kind<kKind>) { largest = forward_rounded_of<kKind>(arguments); });
  return largest;
}

}  // namespace ftl::kernels::FTL_ISA
