// The convolutions of airbench94, each direction, one image block on one thread, on the ISA in use (FTL_ISA).
// Rates are of executed floating-point operations; the first benchmark is the peak of the same run.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>

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
}
BENCHMARK(peak);

// Arguments: input channels, output channels, size, kernel, padding, pool.
ConvolutionGeometry geometry_of(const benchmark::State& state) {
  const int size = static_cast<int>(state.range(2));
  const int kernel = static_cast<int>(state.range(3));
  const int pad = static_cast<int>(state.range(4));
  const int out = size + 2 * pad - kernel + 1;
  return {.in = {static_cast<int>(state.range(0)), size, size},
          .out = {static_cast<int>(state.range(1)), out, out},
          .kernel_height = kernel,
          .kernel_width = kernel,
          .pad = pad,
          .pool = state.range(5) != 0};
}

// Several image blocks one after the other, as in training: no block finds its own data in the nearest cache.
constexpr int kBlocks = 4;

struct Tensors {
  explicit Tensors(const ConvolutionGeometry& g)
      : x(g.in.block_elements() * kBlocks * 2),
        y(g.out.block_elements() * kBlocks * 2),
        argmax(g.out.block_elements()),
        unpooled(g.out.block_elements() * 2),
        weights(packed_weight_elements(g) * 2),
        scratch(weight_gradient_scratch_elements(g) * 2),
        gradient(weight_gradient_elements(g) * 4) {}

  Buffer x, y, argmax, unpooled, weights, scratch, gradient;
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

void forward(benchmark::State& state) {
  run(state, [](const ConvolutionGeometry& g, Tensors& t, std::int64_t block) {
    selected().convolution.forward({.geometry = g,
                                    .images = kBlockImages,
                                    .x = t.x.as<bf16>() + block * g.in.block_elements(),
                                    .weights = t.weights.as<bf16>(),
                                    .y = t.y.as<bf16>() + block * g.out.block_elements(),
                                    .argmax = g.pool ? t.argmax.as<std::uint8_t>() : nullptr});
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
                                          .unpooled = t.unpooled.as<bf16>()});
  });
}

void backward_weights(benchmark::State& state) {
  const int together = std::min(kBlocks, weight_gradient_blocks(geometry_of(state)));
  run(
      state,
      [together](const ConvolutionGeometry& g, Tensors& t, std::int64_t first) {
        std::array<GradientOperands, kBlocks> blocks;
        for (int i = 0; i < together; ++i) {
          blocks[static_cast<std::size_t>(i)] = {.x = t.x.as<bf16>() + (first + i) * g.in.block_elements(),
                                                 .dy = t.y.as<bf16>() + (first + i) * g.out.block_elements(),
                                                 .argmax = g.pool ? t.argmax.as<std::uint8_t>() : nullptr};
        }
        selected().convolution.backward_weights({.geometry = g,
                                                 .blocks = blocks.data(),
                                                 .block_count = together,
                                                 .scratch = t.scratch.as<bf16>(),
                                                 .weight_gradient = t.gradient.as<float>(),
                                                 .accumulate = first > 0});
      },
      together);
}

void airbench94(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"in", "out", "size", "kernel", "pad", "pool"})
      ->Args({24, 64, 31, 3, 1, 1})
      ->Args({64, 64, 15, 3, 1, 0})
      ->Args({64, 256, 15, 3, 1, 1})
      ->Args({256, 256, 7, 3, 1, 0})
      ->Args({256, 256, 7, 3, 1, 1})
      ->Args({256, 256, 3, 3, 1, 0});
}
BENCHMARK(forward)->Apply(airbench94);
BENCHMARK(backward_data)->Apply(airbench94);
BENCHMARK(backward_weights)->Apply(airbench94);

}  // namespace
}  // namespace ftl::kernels
