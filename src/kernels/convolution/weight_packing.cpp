// Weights into the tiles that products take.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

#include "kernels/convolution/convolution.hpp"
#include "kernels/convolution/int8_scale.hpp"
#include "kernels/convolution/weight_tiles.hpp"

namespace ftl::kernels {
namespace {

// Rounds weights to multiples of their scale. What is added leaves a float only the bits of an integer, whose
// last byte is the result.
struct WeightRounding {
  float inverse = 0;

  explicit WeightRounding(float scale) {
    if (scale > 0 && std::isfinite(scale)) inverse = 1 / scale;
  }
  std::int8_t operator()(float weight) const {
    constexpr float kNoFraction = 0x1.8p23f;
    return static_cast<std::int8_t>(std::bit_cast<std::uint32_t>(weight * inverse + kNoFraction));
  }
};

void pack_bf16(const ConvolutionGeometry& geometry, std::span<const float> weights, int first_output,
               int last_output, bf16* forward, bf16* backward) {
  const int taps = geometry.taps();
  for_each_pair(geometry, first_output, last_output, [&](const BlockPair& pair) {
    const std::int64_t tiles = std::int64_t{pair.number} * taps * kOperand;
    for_each_kernel(geometry, pair, [&](std::int64_t index, int input, int output) {
      for (int tap = 0; tap < taps; ++tap) {
        const bf16 value = to_bf16(weights[static_cast<std::size_t>(index + tap)]);
        const std::int64_t tile = tiles + std::int64_t{tap} * kOperand;
        if (forward != nullptr) forward[tile + paired_index(input, output)] = value;
        if (backward != nullptr) backward[tile + paired_index(output, input)] = value;
      }
    });
  });
}

// Rounded weights, whose readers may read a few more.
class RoundedWeights {
 public:
  explicit RoundedWeights(std::size_t count) : values_(count + kTapsAtOnce) {}
  std::int8_t* data() { return values_.data(); }
  const std::int8_t* data() const { return values_.data(); }

  static constexpr int kTapsAtOnce = 16;

 private:
  std::vector<std::int8_t> values_;
};

// The taps of four weights that are neighbours in depth go to neighbouring bytes, each tap's to another tile.
void pack_neighbours(const std::array<const std::int8_t*, kInt8Neighbours>& from, int taps, std::int8_t* to) {
  constexpr std::int64_t kTileBytes = kOperand * std::int64_t{sizeof(bf16)};
  constexpr int kAtOnce = RoundedWeights::kTapsAtOnce;
  const auto byte = [&](int neighbour, int tap) {
    return std::uint32_t{static_cast<std::uint8_t>(from[static_cast<std::size_t>(neighbour)][tap])}
           << (8 * neighbour);
  };
  for (int first = 0; first < taps; first += kAtOnce) {
    std::array<std::uint32_t, kAtOnce> words;
    for (int i = 0; i < kAtOnce; ++i) {
      const int tap = first + i;
      words[static_cast<std::size_t>(i)] = byte(0, tap) | byte(1, tap) | byte(2, tap) | byte(3, tap);
    }
    const int count = std::min(kAtOnce, taps - first);
    for (int i = 0; i < count; ++i, to += kTileBytes)
      std::memcpy(to, &words[static_cast<std::size_t>(i)], sizeof(words[0]));
  }
}

// Calls visit(depth, channels) for the four channels of a block of 64 at each fourth depth.
template <class Visit>
void for_each_four(const Visit& visit) {
  for (int channel = 0; channel < kBlockChannels; channel += 2) {
    visit(int8_depth(channel),
          std::array<int, kInt8Neighbours>{channel, channel + 1, channel + kBlockChannels,
                                           channel + kBlockChannels + 1});
  }
}

// The tiles of a pair of blocks, of 64 inputs or outputs in depth and 32 of the others.
std::int8_t* tiles_of_pair(std::span<bf16> tiles, std::int64_t pair, int taps) {
  return reinterpret_cast<std::int8_t*>(tiles.data() + pair * taps * kOperand);
}

void pack_int8_forward(const ConvolutionGeometry& geometry, std::span<const float> weights, int first_output,
                       int last_output, const PackedWeights& packed) {
  const int inputs = geometry.in.channels;
  const int taps = geometry.taps();
  RoundedWeights filter(static_cast<std::size_t>(inputs * taps));
  for (int output = first_output; output < last_output; ++output) {
    const float* of_output = weights.data() + std::int64_t{output} * inputs * taps;
    const WeightRounding round(packed.output_scales[static_cast<std::size_t>(output)]);
    std::transform(of_output, of_output + inputs * taps, filter.data(), round);
    const std::int64_t first_pair = std::int64_t{output / kBlockChannels} * (inputs / kInt8Depth);
    for (int block = 0; block < inputs / kInt8Depth; ++block) {
      const std::int8_t* of_block = filter.data() + block * kInt8Depth * taps;
      std::int8_t* tiles = tiles_of_pair(packed.forward, first_pair + block, taps);
      for_each_four([&](int depth, const std::array<int, kInt8Neighbours>& four) {
        pack_neighbours({of_block + four[0] * taps, of_block + four[1] * taps, of_block + four[2] * taps,
                         of_block + four[3] * taps},
                        taps, tiles + int8_index(depth, output % kBlockChannels));
      });
    }
  }
}

void pack_int8_backward(const ConvolutionGeometry& geometry, std::span<const float> weights, int first_output,
                        int last_output, const PackedWeights& packed) {
  const int inputs = geometry.in.channels;
  const int taps = geometry.taps();
  const int of_filter = inputs * taps;
  std::vector<WeightRounding> rounding;
  for (int input = 0; input < inputs; ++input) {
    rounding.insert(rounding.end(), static_cast<std::size_t>(taps),
                    WeightRounding(packed.input_scales[static_cast<std::size_t>(input)]));
  }
  std::array<RoundedWeights, kInt8Neighbours> filters{
      RoundedWeights(rounding.size()), RoundedWeights(rounding.size()), RoundedWeights(rounding.size()),
      RoundedWeights(rounding.size())};
  for (int block = first_output; block < last_output; block += kInt8Depth) {
    const std::int64_t first_pair = std::int64_t{block / kInt8Depth} * geometry.in.channel_blocks();
    for_each_four([&](int depth, const std::array<int, kInt8Neighbours>& four) {
      for (std::size_t i = 0; i < four.size(); ++i) {
        const float* of_output = weights.data() + std::int64_t{block + four[i]} * of_filter;
        std::transform(of_output, of_output + of_filter, rounding.begin(), filters[i].data(),
                       [](float weight, const WeightRounding& round) { return round(weight); });
      }
      for (int input = 0; input < inputs; ++input) {
        const int at = input * taps;
        pack_neighbours(
            {filters[0].data() + at, filters[1].data() + at, filters[2].data() + at, filters[3].data() + at},
            taps,
            tiles_of_pair(packed.backward, first_pair + input / kBlockChannels, taps) +
                int8_index(depth, input % kBlockChannels));
      }
    });
  }
}

}  // namespace

void scale_weights(const ConvolutionGeometry& geometry, std::span<const float> weights,
                   std::span<float> output_scales, std::span<float> input_scales) {
  // As integers, magnitudes compare as their floats do, and NaN is above all.
  constexpr std::int32_t kMagnitude = 0x7fffffff;
  const auto scale = [](std::int32_t magnitude) { return std::bit_cast<float>(magnitude) / kLargestInteger; };
  const std::size_t of_filter = weights.size() / static_cast<std::size_t>(geometry.out.channels);
  std::vector<std::int32_t> largest(of_filter, 0);
  for (int output = 0; output < geometry.out.channels; ++output) {
    const float* filter = weights.data() + static_cast<std::size_t>(output) * of_filter;
    std::int32_t of_output = 0;
    for (std::size_t i = 0; i < of_filter; ++i) {
      const std::int32_t magnitude = std::bit_cast<std::int32_t>(filter[i]) & kMagnitude;
      largest[i] = std::max(largest[i], magnitude);
      of_output = std::max(of_output, magnitude);
    }
    output_scales[static_cast<std::size_t>(output)] = scale(of_output);
  }
  std::ranges::fill(input_scales, 0.0f);
  auto taps = largest.begin();
  for (int input = 0; input < geometry.group_inputs(); ++input, taps += geometry.taps())
    input_scales[static_cast<std::size_t>(input)] = scale(*std::max_element(taps, taps + geometry.taps()));
}

void round_weights(const ConvolutionGeometry& geometry, std::span<const float> output_scales,
                   std::span<float> weights) {
  const std::size_t of_filter = weights.size() / static_cast<std::size_t>(geometry.out.channels);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const float scale = output_scales[i / of_filter];
    weights[i] = scale * static_cast<float>(WeightRounding(scale)(weights[i]));
  }
}

void pack_weights(const ConvolutionGeometry& geometry, std::span<const float> weights, int first_output,
                  int last_output, const PackedWeights& packed) {
  const bool backward = !packed.backward.empty();
  if (geometry.int8.forward) pack_int8_forward(geometry, weights, first_output, last_output, packed);
  if (geometry.int8.data && backward) {
    pack_int8_backward(geometry, weights, first_output, last_output, packed);
  }
  bf16* const bf16_forward = geometry.int8.forward ? nullptr : packed.forward.data();
  bf16* const bf16_backward = geometry.int8.data || !backward ? nullptr : packed.backward.data();
  if (bf16_forward == nullptr && bf16_backward == nullptr) return;
  pack_bf16(geometry, weights, first_output, last_output, bf16_forward, bf16_backward);
}

}  // namespace ftl::kernels
