// Batch norm with GELU and its backward pass on one thread, on values that fit the first-level cache, the
// second and neither.
#include <benchmark/benchmark.h>

#include "kernels/registry.hpp"
#include "tensor/buffer.hpp"

namespace ftl::kernels {
namespace {

struct Values {
  explicit Values(const Shape& shape, int blocks)
      : x(shape.block_elements() * blocks * 2),
        y(shape.block_elements() * 2),
        dy(shape.block_elements() * 2) {
    for (float* channel : {multiplier, offset}) std::fill_n(channel, 64, 0.5f);
  }
  Buffer x, y, dy;
  float multiplier[64], offset[64], sums[128] = {};
};

template <class Run>
void run(benchmark::State& state, const Run& once) {
  const Shape shape{64, static_cast<int>(state.range(0)), static_cast<int>(state.range(0))};
  const int blocks = static_cast<int>(state.range(1));
  Values values(shape, blocks);
  int block = 0;
  for (auto _ : state) {
    once(shape, values, values.x.as<bf16>() + block * shape.block_elements());
    block = (block + 1) % blocks;
  }
  state.counters["ns/vector"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * static_cast<double>(shape.block_elements()) / 16 / 1e9,
      benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

const Kernels& selected() {
  static const Kernels& kernels = kernels_for(select_isa());
  return kernels;
}

void forward(ActivationKind activation, const Shape& shape, Values& v, const bf16* x) {
  selected().batch_norm.forward({.shape = shape,
                                 .activation = activation,
                                 .images = kBlockImages,
                                 .x = x,
                                 .multiplier = v.multiplier,
                                 .offset = v.offset,
                                 .y = v.y.as<bf16>()});
}

void norm_forward(benchmark::State& state) {
  run(state,
      [](const Shape& shape, Values& v, const bf16* x) { forward(ActivationKind::gelu, shape, v, x); });
}

void norm_identity(benchmark::State& state) {
  run(state,
      [](const Shape& shape, Values& v, const bf16* x) { forward(ActivationKind::identity, shape, v, x); });
}

void norm_backward_reduce(benchmark::State& state) {
  run(state, [](const Shape& shape, Values& v, const bf16* x) {
    selected().batch_norm.backward_reduce({.shape = shape,
                                           .activation = ActivationKind::gelu,
                                           .images = kBlockImages,
                                           .x = x,
                                           .multiplier = v.multiplier,
                                           .offset = v.offset,
                                           .dy = v.dy.as<bf16>(),
                                           .dz = v.dy.as<bf16>(),
                                           .sum_dz = v.sums,
                                           .sum_dz_x = v.sums + 64});
  });
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"size", "blocks"})->Args({2, 1})->Args({7, 1})->Args({15, 1})->Args({15, 60});
}
BENCHMARK(norm_forward)->Apply(sizes);
BENCHMARK(norm_identity)->Apply(sizes);
BENCHMARK(norm_backward_reduce)->Apply(sizes);

}  // namespace
}  // namespace ftl::kernels
