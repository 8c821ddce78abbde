// The convolutions of airbench94, each direction, one image block on one thread, on the ISA in use (FTL_ISA).
// Rates are of executed floating-point operations; the first benchmark is the peak of the same run.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <random>
#include <vector>

#include "kernels/registry.hpp"
#include "tensor/buffer.hpp"

namespace ftl::kernels {
namespace {

const Kernels& selected() {
  static const Kernels& kernels = kernels_for(select_isa());
  return kernels;
}

void set_rate(benchmark::State& state, double flop) {
  state.counters["FLOP/s"] =
      benchmark::Counter(flop * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void peak(benchmark::State& state) {
  constexpr long kProducts = 1000;
  for (auto _ : state) selected().tile_product.burn(kProducts);
  set_rate(state, 2.0 * kTileRows * kTileColumns * kTileDepth * kProducts);
  state.SetLabel(selected().tile_product.bf16_rate.instruction);
}
BENCHMARK(peak);

// Both kinds of numbers, from the nearest cache, beside what the table says of them.
void product(benchmark::State& state) {
  constexpr int kTerms = 16;
  const bool int8 = state.range(0) != 0;
  const TileProductKernels& kernels = selected().tile_product;
  const ProductRate& rate = int8 ? kernels.int8_rate : kernels.bf16_rate;
  const Buffer operand(kOperand * std::int64_t{sizeof(bf16)});
  const std::array<TileTerm, kTerms> terms{};
  alignas(64) std::array<float, kTileRows * kTileColumns> result;
  const TileSum sum{.terms = terms.data(),
                    .term_count = kTerms,
                    .rows = operand.as<bf16>(),
                    .columns = operand.as<bf16>(),
                    .int8 = int8};
  kernels.begin();
  for (auto _ : state) kernels.multiply(sum, kTileRows, false, result.data());
  kernels.end();
  set_rate(state, 2.0 * kTileRows * kTileColumns * kTerms * (int8 ? kInt8Depth : kTileDepth));
  state.SetLabel(fmt::format("{}, {} fp32 rates", rate.instruction, rate.multiply_adds));
}
BENCHMARK(product)->ArgName("int8")->Arg(0)->Arg(1);

// Arguments: input channels, output channels, size, kernel, padding, pool, 8-bit integers.
ConvolutionGeometry geometry_of(const benchmark::State& state) {
  const int size = static_cast<int>(state.range(2));
  const int kernel = static_cast<int>(state.range(3));
  const int pad = static_cast<int>(state.range(4));
  const int out = size + 2 * pad - kernel + 1;
  ConvolutionGeometry geometry{.in = {static_cast<int>(state.range(0)), size, size},
                               .out = {static_cast<int>(state.range(1)), out, out},
                               .kernel_height = kernel,
                               .kernel_width = kernel,
                               .pad = pad,
                               .pool = state.range(5) != 0};
  if (state.range(6) != 0) geometry.int8 = suits_int8(geometry);
  return geometry;
}

// Several image blocks one after the other, as in training: no block finds its own data in the nearest cache.
constexpr int kBlocks = 4;

struct Tensors {
  explicit Tensors(const ConvolutionGeometry& g)
      : x(g.in.block_elements() * kBlocks * 2),
        y(g.out.block_elements() * kBlocks * 2),
        argmax(g.out.block_elements()),
        weights(std::max(forward_weight_elements(g), backward_weight_elements(g)) * 2),
        scales(std::max(g.in.padded_channels(), g.out.padded_channels()) * 4),
        rounded(rounded_input_elements(g) * 2),
        scratch(std::max({forward_scratch_elements(g), backward_data_scratch_elements(g),
                          weight_gradient_scratch_elements(g)}) *
                2),
        gradient(weight_gradient_bytes(g)) {
    for (const Buffer* buffer : {&x, &y, &weights}) fill(*buffer);
    std::ranges::fill(scales.span<float>(), 1e-3F);
  }

  // Zeros take less power, and tile instructions less time; those that nobody has written are all one page.
  static void fill(const Buffer& buffer) {
    std::minstd_rand random;
    std::normal_distribution<float> normal;
    for (bf16& value : buffer.span<bf16>()) value = to_bf16(normal(random));
  }

  Buffer x, y, argmax, weights, scales, rounded, scratch, gradient;
};

// `together`: how many blocks once() takes at a time.
template <class Run>
void run(benchmark::State& state, const Run& once, int together = 1) {
  const ConvolutionGeometry g = geometry_of(state);
  Tensors tensors(g);
  std::int64_t block = 0;
  for (auto _ : state) {
    once(g, tensors, block);
    block += together;
    if (block + together > kBlocks) block = 0;
  }
  set_rate(state, convolution_flop(g).executed * kBlockImages * together);
}

// A training step knows it from what wrote the block.
float largest(const Shape& shape, const bf16* block, bool needed) {
  return needed ? selected().convolution.largest_magnitude(shape, kBlockImages, block) : 0;
}

void forward(benchmark::State& state) {
  run(state, [](const ConvolutionGeometry& g, Tensors& t, std::int64_t block) {
    const bf16* x = t.x.as<bf16>() + block * g.in.block_elements();
    float largest_x = 0;
    if (g.int8.forward) {
      largest_x = largest(g.in, x, true);
      selected().convolution.round_inputs(g.in, kBlockImages, x, largest_x, t.rounded.as<bf16>());
      x = t.rounded.as<bf16>();
    }
    selected().convolution.forward(
        {.geometry = g,
         .images = kBlockImages,
         .x = x,
         .weights = t.weights.as<bf16>(),
         .y = t.y.as<bf16>() + block * g.out.block_elements(),
         .argmax = g.pool ? t.argmax.as<std::uint8_t>() : nullptr,
         .scratch = t.scratch.as<bf16>(),
         .weight_scales = t.scales.as<float>(),
         .largest_x = largest_x,
         .activation = applies_activation(g) ? ActivationKind::silu : ActivationKind::identity});
  });
}

void backward_data(benchmark::State& state) {
  run(state, [](const ConvolutionGeometry& g, Tensors& t, std::int64_t block) {
    selected().convolution.backward_data({.geometry = g,
                                          .images = kBlockImages,
                                          .dy = t.y.as<bf16>() + block * g.out.block_elements(),
                                          .weights = t.weights.as<bf16>(),
                                          .dx = t.x.as<bf16>() + block * g.in.block_elements(),
                                          .argmax = g.pool ? t.argmax.as<std::uint8_t>() : nullptr,
                                          .scratch = t.scratch.as<bf16>(),
                                          .weight_scales = t.scales.as<float>()});
  });
}

void backward_weights(benchmark::State& state) {
  const int together = std::min(kBlocks, weight_gradient_blocks(geometry_of(state)));
  run(
      state,
      [together](const ConvolutionGeometry& g, Tensors& t, std::int64_t first) {
        std::array<GradientOperands, kBlocks> blocks;
        for (int i = 0; i < together; ++i) {
          const bf16* dy = t.y.as<bf16>() + (first + i) * g.out.block_elements();
          blocks[static_cast<std::size_t>(i)] = {.x = t.x.as<bf16>() + (first + i) * g.in.block_elements(),
                                                 .dy = dy,
                                                 .argmax = g.pool ? t.argmax.as<std::uint8_t>() : nullptr,
                                                 .largest_dy = largest(g.written(), dy, g.int8.weights)};
        }
        selected().convolution.backward_weights({.geometry = g,
                                                 .blocks = blocks.data(),
                                                 .block_count = together,
                                                 .scratch = t.scratch.as<bf16>(),
                                                 .weight_gradient = t.gradient.data(),
                                                 .accumulate = first > 0});
      },
      together);
}

void set_time_of_weight(benchmark::State& state, std::size_t weights) {
  state.counters["ns/weight"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(weights) / 1e9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// For both passes over data.
void weight_packing(benchmark::State& state) {
  const ConvolutionGeometry g = geometry_of(state);
  Tensors tensors(g);
  const std::vector<float> weights(static_cast<std::size_t>(g.taps() * g.in.channels * g.out.channels), 0.5F);
  const Buffer backward(backward_weight_elements(g) * 2);
  const PackedWeights packed{tensors.weights.span<bf16>(), backward.span<bf16>(),
                             tensors.scales.span<float>(), tensors.scales.span<float>()};
  for (auto _ : state) pack_weights(g, weights, 0, g.out.channels, packed);
  set_time_of_weight(state, weights.size());
}

void gradient_reduction(benchmark::State& state) {
  constexpr int kSlotCount = 8;
  const ConvolutionGeometry g = geometry_of(state);
  const Buffer slots(weight_gradient_bytes(g) * kSlotCount);
  std::vector<float> gradient(static_cast<std::size_t>(g.taps() * g.in.channels * g.out.channels));
  for (auto _ : state) {
    selected().convolution.reduce_weight_gradient({.geometry = g,
                                                   .slots = slots.data(),
                                                   .slot_count = kSlotCount,
                                                   .first_output = 0,
                                                   .last_output = g.out.channels,
                                                   .weights_gradient = gradient.data()});
  }
  set_time_of_weight(state, gradient.size());
}

void airbench94(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"in", "out", "size", "kernel", "pad", "pool", "int8"});
  for (const int int8 : {0, 1}) {
    benchmark->Args({24, 64, 31, 3, 1, 1, int8})
        ->Args({64, 64, 15, 3, 1, 0, int8})
        ->Args({64, 256, 15, 3, 1, 1, int8})
        ->Args({256, 256, 7, 3, 1, 0, int8})
        ->Args({256, 256, 7, 3, 1, 1, int8})
        ->Args({256, 256, 3, 3, 1, 0, int8});
  }
}
// The whitening, of patches that are laid out, with its activation.
BENCHMARK(forward)
    ->ArgNames({"in", "out", "size", "kernel", "pad", "pool", "int8"})
    ->Args({12, 24, 31, 1, 0, 0, 0});
BENCHMARK(forward)->Apply(airbench94);
BENCHMARK(backward_data)->Apply(airbench94);
BENCHMARK(backward_weights)->Apply(airbench94);

void largest_filters(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"in", "out", "size", "kernel", "pad", "pool", "int8"});
  for (const int int8 : {0, 1}) benchmark->Args({256, 256, 7, 3, 1, 0, int8});
}
BENCHMARK(weight_packing)->Apply(largest_filters);
BENCHMARK(gradient_reduction)->Apply(largest_filters);

}  // namespace
}  // namespace ftl::kernels
