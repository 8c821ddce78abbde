#include "base/tree_sum.hpp"
#include "kernels/convolution/convolution_passes.hpp"
#include "kernels/convolution/weight_tiles.hpp"
#include "kernels/simd.hpp"

namespace ftl::kernels::FTL_ISA {
namespace {

// A cache line of gradients, as sums.
template <class Value>
struct Line {
  static constexpr int kValues = 64 / sizeof(Value);
  static constexpr int kVectors = kValues / kLanes;
  vfloat part[kVectors];

  explicit Line(const Value* from) {
    for (int v = 0; v < kVectors; ++v) part[v] = load(from + v * kLanes);
  }
  friend Line operator+(Line a, const Line& b) {
    for (int v = 0; v < kVectors; ++v) a.part[v] += b.part[v];
    return a;
  }
  void store_to(float* sums) const {
    for (int v = 0; v < kVectors; ++v) store(sums + v * kLanes, part[v]);
  }
};

// What gradient slots have at the same place, as a tree.
template <class Value>
struct SlotSum {
  const Value* first;  // the first slot's
  int count;
  std::int64_t slot_elements;

  Line<Value> line(int place) const {
    // The counts that batches lead to; any other is added by calls, which take
    // longer than the sums.
    const auto of_slot = [&](int slot) { return Line<Value>(first + slot * slot_elements + place); };
    switch (count) {
      case 2:
        return tree_sum<2>(of_slot);
      case 3:
        return tree_sum<3>(of_slot);
      case 4:
        return tree_sum<4>(of_slot);
      case 8:
        return tree_sum<8>(of_slot);
      case 16:
        return tree_sum<16>(of_slot);
      default:
        return tree_sum(count, of_slot);
    }
  }
};

// By cache lines: a line is used up before the others, which may lie in the
// same set of the cache, displace it.
template <class Value>
void add_slots(const SlotSum<Value>& slots, float* sums) {
  for (int place = 0; place < kGradientTile; place += Line<Value>::kValues)
    slots.line(place).store_to(sums + place);
}

template <class Value>
void reduce(const WeightGradientReduction& arguments) {
  const ConvolutionGeometry& g = arguments.geometry;
  const auto* slots = static_cast<const Value*>(arguments.slots);
  alignas(64) float sums[kGradientTile];
  for_each_pair(g, arguments.first_output, arguments.last_output, [&](const BlockPair& pair) {
    for (int tap = 0; tap < g.taps(); ++tap) {
      const std::int64_t tile = (std::int64_t{pair.number} * g.taps() + tap) * kGradientTile;
      add_slots(SlotSum<Value>{slots + tile, arguments.slot_count, weight_gradient_elements(g)}, sums);
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
