// 2-D convolution (cross-correlation) over blocked activations, optionally with a 2x2 max-pool in its
// epilogue. A linear layer is a convolution as large as its input.
//
// Every function works on one image block of up to 32 images, or on a few for weight gradients, and runs on
// one thread. None allocates memory: what a pass needs beside its operands is scratch memory of its caller's.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/activation/activation.hpp"
#include "kernels/product/product.hpp"
#include "tensor/layout.hpp"

namespace ftl::kernels {

// Passes that multiply 8-bit integers, to which they round their operands; sums are exact or fp32.
struct Int8Passes {
  bool forward = false;
  bool data = false;
  bool weights = false;

  bool any() const { return forward || data || weights; }
};

struct ConvolutionGeometry {
  Shape in{};
  Shape out{};  // before pooling
  int kernel_height = 1;
  int kernel_width = 1;
  int stride = 1;
  int pad = 0;        // zeros
  int groups = 1;     // divides both channel counts; groups == in.channels is a depthwise convolution
  bool pool = false;  // 2x2 max-pool, stride 2; rows and columns that no window covers are not computed
  Int8Passes int8{};

  int taps() const { return kernel_height * kernel_width; }
  int group_inputs() const { return in.channels / groups; }
  int group_outputs() const { return out.channels / groups; }
  // What is written: out, or out halved (rounded down) by the pool.
  Shape written() const { return pool ? Shape{out.channels, out.height / 2, out.width / 2} : out; }
  // Elements of the weights, [out.channels][group_inputs][kernel_height][kernel_width].
  std::int64_t weight_elements() const { return std::int64_t{out.channels} * group_inputs() * taps(); }
};

// Throws std::invalid_argument if the fields do not fit together.
void check(const ConvolutionGeometry& geometry);

// The passes whose operands fill tiles of 8-bit integers: without groups, sums over channels in whole blocks
// of 64, enough products a value to pay for rounding it, and not so many that 32-bit sums overflow. Forward
// only together with weights: what is rounded for one is kept for the other.
Int8Passes suits_int8(const ConvolutionGeometry& geometry);

// Floating-point operations of one image's forward pass, a multiply-add counted as 2. Executed: taps that
// fall outside the picture are skipped. The two backward passes do the same work each.
struct ConvolutionFlop {
  double nominal = 0;
  double executed = 0;
};
ConvolutionFlop convolution_flop(const ConvolutionGeometry& geometry);

// Weights in tiles of 32 inputs x 32 outputs, in the order of paired_index. Grouped weights are
// block-diagonal: an output block is stored with the input blocks that its groups touch, zeros elsewhere in a
// tile.
//   forward:  [output block][touched input block][tap] tiles of (k = input, n = output)
//   backward: the same tiles in the same order, transposed: (k = output, n = input)
// Of 8-bit integers likewise, but with blocks of 64 for k, in the order of int8_depth.
struct PackedWeights {
  std::span<bf16> forward;
  std::span<bf16> backward;  // may be empty where no data gradient is needed
  // What 8-bit integers of an output (forward) and of an input (backward) are multiples of.
  std::span<const float> output_scales{};
  std::span<const float> input_scales{};
};
std::int64_t forward_weight_elements(const ConvolutionGeometry& geometry);
std::int64_t backward_weight_elements(const ConvolutionGeometry& geometry);
// Sets the scales that pack_weights reads for 8-bit integers: a 127th of the largest magnitude of each output
// and of each input.
void scale_weights(const ConvolutionGeometry& geometry, std::span<const float> weights,
                   std::span<float> output_scales, std::span<float> input_scales);
// Rounds weights to the multiples of their output's scale that the forward pass multiplies.
void round_weights(const ConvolutionGeometry& geometry, std::span<const float> output_scales,
                   std::span<float> weights);
// Packs the output channels [first_output, last_output), for 8-bit integers multiples of 64. Padding is left
// as it is: zero the memory once.
void pack_weights(const ConvolutionGeometry& geometry, std::span<const float> weights, int first_output,
                  int last_output, const PackedWeights& packed);

// The weight gradient of a gradient slot, which takes the sums of some neighbouring image blocks of a batch:
// tiles [32 inputs][32 outputs] in the order of PackedWeights, fp32. Of 8-bit integers bf16, half as much to
// write and read, and with the even ones of 32 channels before the odd ones. What is added to a slot is
// rounded to bf16 each time: less than the integers were rounded, for a few dozen times.
std::int64_t weight_gradient_elements(const ConvolutionGeometry& geometry);
std::int64_t weight_gradient_bytes(const ConvolutionGeometry& geometry);
// weights_gradient[o][i][ky][kx] = sum over the slots, as a tree (base/tree_sum.hpp). Writes output channels
// [first_output, last_output) only.
struct WeightGradientReduction {
  const ConvolutionGeometry& geometry;
  const void* slots = nullptr;  // weight_gradient_bytes each
  int slot_count = 0;
  int first_output = 0;
  int last_output = 0;
  float* weights_gradient = nullptr;
};

struct ConvolutionForward {
  const ConvolutionGeometry& geometry;
  int images = 0;
  const bf16* x = nullptr;        // a block of geometry.in; 8-bit integers: as round_inputs leaves it
  const bf16* weights = nullptr;  // PackedWeights::forward
  const float* bias = nullptr;    // padded to whole channel blocks, or null
  bf16* y = nullptr;              // a block of geometry.written()
  std::uint8_t* argmax =
      nullptr;              // with a pool: which of the window's 4 positions won, laid out as y; or null
  bf16* scratch = nullptr;  // forward_scratch_elements
  // 8-bit integers: PackedWeights::output_scales, and what was the `largest` of round_inputs.
  const float* weight_scales = nullptr;
  float largest_x = 0;
  // Of what is written; other than identity only where applies_activation.
  ActivationKind activation = ActivationKind::identity;
  float* largest_y = nullptr;  // set to the largest_magnitude of y, or null; only where applies_activation
};
// What the lists of the tiles that a position is a sum of take.
std::int64_t forward_scratch_elements(const ConvolutionGeometry& geometry);
// Whether the forward pass can apply an activation, and find the largest magnitude of its results: with a
// single tap there are so few products that a pass of its own over the results would take as long.
bool applies_activation(const ConvolutionGeometry& geometry);
// What round_inputs writes, 0 where the forward pass multiplies bf16.
std::int64_t rounded_input_elements(const ConvolutionGeometry& geometry);

struct ConvolutionBackwardData {
  const ConvolutionGeometry& geometry;
  int images = 0;
  const bf16* dy = nullptr;              // a block of geometry.written()
  const bf16* weights = nullptr;         // PackedWeights::backward
  bf16* dx = nullptr;                    // overwritten
  const std::uint8_t* argmax = nullptr;  // with a pool: as the forward pass left it
  bf16* scratch = nullptr;               // backward_data_scratch_elements
  // 8-bit integers: PackedWeights::input_scales, and dy's largest_magnitude.
  const float* weight_scales = nullptr;
  float largest_dy = 0;
};
// What dy is spread over the windows' positions of a pool and rounded into, if it is not used as it is, and
// the lists of the tiles that a position is a sum of.
std::int64_t backward_data_scratch_elements(const ConvolutionGeometry& geometry);

// What one image block gives to a weight gradient.
struct GradientOperands {
  const bf16* x = nullptr;               // a block of geometry.in; with int8.forward as round_inputs left it
  const bf16* dy = nullptr;              // a block of geometry.written(); 0 in padding images
  const std::uint8_t* argmax = nullptr;  // with a pool: as the forward pass left it
  // 8-bit integers: the largest magnitudes of both.
  float largest_x = 0;
  float largest_dy = 0;
};

struct ConvolutionBackwardWeights {
  const ConvolutionGeometry& geometry;
  const GradientOperands* blocks = nullptr;
  int block_count = 0;              // 1 to weight_gradient_blocks
  bf16* scratch = nullptr;          // weight_gradient_scratch_elements
  void* weight_gradient = nullptr;  // of this slot
  bool accumulate = false;          // added to it; else it is overwritten, but for padding
};
// How many image blocks a weight gradient is best computed of at a time: the sums over small pictures are
// short, and going over all of them once for several blocks halves what passes through the caches, or better.
// Of 8-bit integers two fill the depth of a tile, and one costs as much.
int weight_gradient_blocks(const ConvolutionGeometry& geometry);
std::int64_t weight_gradient_scratch_elements(const ConvolutionGeometry& geometry);

struct ConvolutionKernels {
  void (*forward)(const ConvolutionForward& arguments);
  void (*backward_data)(const ConvolutionBackwardData& arguments);
  void (*backward_weights)(const ConvolutionBackwardWeights& arguments);
  void (*reduce_weight_gradient)(const WeightGradientReduction& arguments);
  // Adds the sum over images and positions of a block of `shape` to bias_gradient, padded to whole channel
  // blocks.
  void (*backward_bias)(const Shape& shape, const bf16* dy, float* bias_gradient);
  // Among the first `images` of a block of `shape`, or NaN if one of them has a NaN.
  float (*largest_magnitude)(const Shape& shape, int images, const bf16* block);
  // Rounds the first `images` of a block to the nearest 127ths of their largest_magnitude: 8-bit integers in
  // tiles of 16 images x 64 channels in the order of int8_depth, laid out as a block of half the channels is.
  // A half of the block without images is left as it is.
  void (*round_inputs)(const Shape& shape, int images, const bf16* block, float largest, bf16* integers);
};

// The same functions, whose results differ by the order of sums alone, made of either kind of products where
// the geometry leaves the choice.
struct ConvolutionChoices {
  ConvolutionKernels separate;  // TileProductKernels::multiply
  ConvolutionKernels shared;    // SharedProductKernels
};

// The scalar reference over plain [images][C][H][W], without pool.
template <class Real>
void convolution_reference(const ConvolutionGeometry& geometry, int images, std::span<const Real> x,
                           std::span<const Real> weights, std::span<const Real> bias, std::span<Real> y);
// Overwrites dx, dweights and dbias; each may be empty.
template <class Real>
void convolution_backward_reference(const ConvolutionGeometry& geometry, int images, std::span<const Real> x,
                                    std::span<const Real> weights, std::span<const Real> dy,
                                    std::span<Real> dx, std::span<Real> dweights, std::span<Real> dbias);

}  // namespace ftl::kernels
