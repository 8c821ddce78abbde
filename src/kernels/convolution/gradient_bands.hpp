// The part of an output that a pool keeps, and how the weight gradient cuts it into bands that fit a cache.
// Used by every ISA's kernels, so plain and free of the standard library.
#pragma once

#include "kernels/convolution/convolution.hpp"

namespace ftl::kernels {
namespace {

// The positions of the output that are computed and have a gradient: with a pool, those that a window covers.
struct Extent {
  int height;
  int width;
};
inline Extent covered(const ConvolutionGeometry& g) {
  if (!g.pool) return {g.out.height, g.out.width};
  return {g.out.height / 2 * 2, g.out.width / 2 * 2};
}

// Output rows whose inputs are laid out for the weight gradient at one time, beside the gradients of one
// output block after the other: as many as stay in the second-level cache, in bands of nearly equal height.
struct Bands {
  int count;
  int height;     // output rows of the highest one
  int in_height;  // input rows that it reads
};

inline constexpr int kTilesInCache = 700;  // of 2 KB

inline Bands bands_of(const ConvolutionGeometry& g) {
  const int out_height = covered(g).height;
  const int tiles_of_row = g.in.channel_blocks() * g.in.width * g.stride + g.out.width;
  int height = kTilesInCache / tiles_of_row;
  if (height < 1) height = 1;
  const int count = (out_height + height - 1) / height;
  height = (out_height + count - 1) / count;
  return {count, height, (height - 1) * g.stride + g.kernel_height};
}

// The memory for one block's band of inputs and its gradients of one output block.
inline std::int64_t band_elements(const ConvolutionGeometry& g) {
  const Bands bands = bands_of(g);
  return (std::int64_t{g.in.channel_blocks()} * bands.in_height * g.in.width +
          std::int64_t{bands.height} * g.out.width) *
         kOperand;
}

// Image blocks that make one operand: two of 8-bit integers.
inline int blocks_of_operand(const ConvolutionGeometry& g) {
  return g.int8.weights ? 2 : 1;
}

inline constexpr int kMostBlocksTogether = 4;

// Image blocks whose operands are laid out beside each other: more than one operand's where several whole
// pictures stay in the second-level cache.
inline int blocks_together(const ConvolutionGeometry& g) {
  const int least = blocks_of_operand(g);
  if (bands_of(g).count > 1) return least;
  const std::int64_t fit = least * (kTilesInCache * kOperand / band_elements(g));
  return fit < least ? least : fit < kMostBlocksTogether ? static_cast<int>(fit) : kMostBlocksTogether;
}

// Of the operands of so many image blocks, in scratch memory.
inline std::int64_t operand_elements(const ConvolutionGeometry& g) {
  return blocks_together(g) / blocks_of_operand(g) * band_elements(g);
}

// Where the inputs meet the gradients: a list for each tap of the places of a band where they do.
struct GradientLists {
  int lists;
  int terms;  // of the longest list

  // In bf16: the terms of all lists, then how many each has.
  std::int64_t elements() const {
    return std::int64_t{lists} * (terms * static_cast<std::int64_t>(sizeof(TileTerm) / sizeof(bf16)) +
                                  static_cast<std::int64_t>(sizeof(int) / sizeof(bf16)));
  }
};
inline GradientLists gradient_lists(const ConvolutionGeometry& g) {
  return {g.taps(), blocks_together(g) / blocks_of_operand(g) * bands_of(g).height * g.out.width};
}

}  // namespace
}  // namespace ftl::kernels
