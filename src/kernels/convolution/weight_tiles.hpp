// Where the tiles of packed weights are: which input blocks an output block touches, and at which tile it
// starts. Used by every ISA's kernels, so plain and free of the standard library.
#pragma once

#include "kernels/convolution/convolution.hpp"

namespace ftl::kernels {
namespace {

// Elements of a weight gradient's tile, 32 inputs x 32 outputs.
inline constexpr int kGradientTile = kTileRows * kTileColumns;

struct BlockRange {
  int first;
  int last;  // one past
  int size() const { return last - first; }
};

// The geometry of a pass's operands in memory: two 8-bit integers stand in for one bf16, so that there are
// half as many channels to sum over.
inline ConvolutionGeometry forward_operands(const ConvolutionGeometry& geometry) {
  ConvolutionGeometry operands = geometry;
  if (geometry.int8.forward) operands.in.channels /= 2;
  operands.int8 = {};
  return operands;
}
inline ConvolutionGeometry backward_operands(const ConvolutionGeometry& geometry) {
  ConvolutionGeometry operands = geometry;
  if (geometry.int8.data) operands.out.channels /= 2;
  operands.int8 = {};
  return operands;
}

// What the gradient is spread over a pool's windows and rounded into, 0 if it is used as it is.
inline std::int64_t spread_gradient_elements(const ConvolutionGeometry& geometry) {
  return geometry.int8.data || geometry.pool ? backward_operands(geometry).out.block_elements() : 0;
}

// Where a channel is in the depth of a tile of 8-bit integers: two neighbours of the first 32 channels, then
// the same two of the second 32.
constexpr int int8_depth(int channel) {
  const int of_block = channel % kInt8Depth;
  return of_block % kBlockChannels / 2 * kInt8Neighbours + of_block / kBlockChannels * 2 + of_block % 2;
}
// Where a channel is among the 32 rows or columns of a weight gradient of 8-bit integers.
constexpr int int8_place(int channel) {
  return channel % 2 * kHalfRows + channel % kBlockChannels / 2;
}

// The input channel blocks that the groups of output block `output_block` read.
inline BlockRange touched_inputs(const ConvolutionGeometry& geometry, int output_block) {
  const int first_output = output_block * kBlockChannels;
  const int end = first_output + kBlockChannels;
  const int last_output = (end < geometry.out.channels ? end : geometry.out.channels) - 1;
  const int first_input = first_output / geometry.group_outputs() * geometry.group_inputs();
  const int last_input = (last_output / geometry.group_outputs() + 1) * geometry.group_inputs() - 1;
  return {first_input / kBlockChannels, last_input / kBlockChannels + 1};
}

// The number of (output block, input block) pairs before `output_block`; `taps` tiles each.
inline int pairs_before(const ConvolutionGeometry& geometry, int output_block) {
  if (geometry.groups == 1) return output_block * geometry.in.channel_blocks();
  int pairs = 0;
  for (int block = 0; block < output_block; ++block) pairs += touched_inputs(geometry, block).size();
  return pairs;
}

// The outputs [first_output, last_output) of one block with one of the input blocks that it touches; `number`
// among all such pairs of blocks.
struct BlockPair {
  int first_output;
  int last_output;
  int input_block;
  int number;
};

// Calls visit(pair) for every pair of the output channels [first_output, last_output).
template <class Visit>
inline void for_each_pair(const ConvolutionGeometry& geometry, int first_output, int last_output,
                          const Visit& visit) {
  for (int output = first_output; output < last_output;) {
    const int block = output / kBlockChannels;
    const int end = (block + 1) * kBlockChannels;
    const int next = end < last_output ? end : last_output;
    const BlockRange touched = touched_inputs(geometry, block);
    const int first = pairs_before(geometry, block);
    for (int input = touched.first; input < touched.last; ++input)
      visit(BlockPair{output, next, input, first + input - touched.first});
    output = next;
  }
}

// Calls visit(weight index of the first tap, row = input within its block, column = output within its block)
// for every input and output of a pair.
template <class Visit>
inline void for_each_kernel(const ConvolutionGeometry& geometry, const BlockPair& pair, const Visit& visit) {
  for (int output = pair.first_output; output < pair.last_output; ++output) {
    const int group_start = output / geometry.group_outputs() * geometry.group_inputs();
    const int group_end = group_start + geometry.group_inputs();
    const int block_start = pair.input_block * kBlockChannels;
    const int block_end = block_start + kBlockChannels;
    const int first = group_start > block_start ? group_start : block_start;
    const int last = group_end < block_end ? group_end : block_end;
    const std::int64_t before = std::int64_t{output} * geometry.group_inputs() - group_start;
    for (int input = first; input < last; ++input)
      visit((before + input) * geometry.taps(), input % kBlockChannels, output % kBlockChannels);
  }
}

}  // namespace
}  // namespace ftl::kernels
