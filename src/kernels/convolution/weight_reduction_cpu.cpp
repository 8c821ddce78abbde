#include "kernels/convolution/convolution_passes.hpp"
#include "kernels/convolution/weight_tiles.hpp"
#include "kernels/simd.hpp"

namespace ftl::kernels::FTL_ISA {
namespace {

// Sums of what gradient slots have at the same places of a tile, in the order of the slots. By cache lines: a
// line is used up before the others, which may lie in the same set of the cache, displace it.
template <class Value>
void add_slots(const Value* slots, int slot_count, std::int64_t slot_elements, float* sums) {
  constexpr int kLine = 64 / sizeof(Value);
  for (int first = 0; first < kGradientTile; first += kLine) {
    vfloat line[kLine / kLanes] = {};
    for (int slot = 0; slot < slot_count; ++slot) {
      const Value* const from = slots + slot * slot_elements + first;
      for (int v = 0; v < kLine / kLanes; ++v) line[v] += load(from + v * kLanes);
    }
    for (int v = 0; v < kLine / kLanes; ++v) store(sums + first + v * kLanes, line[v]);
  }
}

template <class Value>
void reduce(const WeightGradientReduction& arguments) {
  const ConvolutionGeometry& g = arguments.geometry;
  const auto* slots = static_cast<const Value*>(arguments.slots);
  alignas(64) float sums[kGradientTile];
  for_each_pair(g, arguments.first_output, arguments.last_output, [&](const BlockPair& pair) {
    for (int tap = 0; tap < g.taps(); ++tap) {
      const std::int64_t tile = (std::int64_t{pair.number} * g.taps() + tap) * kGradientTile;
      add_slots(slots + tile, arguments.slot_count, weight_gradient_elements(g), sums);
      for_each_kernel(g, pair, [&](std::int64_t index, int input, int output) {
        const int row = g.int8.weights ? int8_place(input) : input;
        const int column = g.int8.weights ? int8_place(output) : output;
        arguments.weights_gradient[index + tap] = sums[row * kTileColumns + column];
      });
    }
  });
}

}  // namespace

void reduce_weight_gradient(const WeightGradientReduction& arguments) {
  if (arguments.geometry.int8.weights) {
    reduce<bf16>(arguments);
  } else {
    reduce<float>(arguments);
  }
}

}  // namespace ftl::kernels::FTL_ISA
