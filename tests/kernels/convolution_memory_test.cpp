// A convolution allocates no memory. Counts calls of malloc, which operator new calls, too; a sanitizer has
// its own.
#include <cstdlib>

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

#include <atomic>
#include <new>
#include <vector>

#include "kernels/convolution/convolution.hpp"
#include "kernels/convolution_choice.hpp"

namespace {
std::atomic<long> allocations = 0;
}

extern "C" {
void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t bytes);
void* __libc_realloc(void* memory, std::size_t bytes);

void* malloc(std::size_t bytes) {
  ++allocations;
  return __libc_malloc(bytes);
}
void* calloc(std::size_t count, std::size_t bytes) {
  ++allocations;
  return __libc_calloc(count, bytes);
}
void* realloc(void* memory, std::size_t bytes) {
  ++allocations;
  return __libc_realloc(memory, bytes);
}
}

namespace ftl::kernels {
namespace {

using namespace test;

ConvolutionGeometry geometry(Shape in, int out_channels, int kernel, int stride, int groups, bool pool) {
  const int pad = kernel / 2;
  const Shape out{out_channels, (in.height + 2 * pad - kernel) / stride + 1,
                  (in.width + 2 * pad - kernel) / stride + 1};
  return {in, out, kernel, kernel, stride, pad, groups, pool};
}

template <class Call>
long allocations_of(const Call& call) {
  const long before = allocations;
  call();
  return allocations - before;
}

class ConvolutionMemoryTest : public testing::TestWithParam<ConvolutionChoice> {};

TEST_P(ConvolutionMemoryTest, PassesAllocateNothing) {
  // What the counts below would show.
  ASSERT_EQ(allocations_of([] { std::free(std::malloc(100)); }), 1);
  ASSERT_EQ(allocations_of([] {
              void* volatile memory = ::operator new(100);
              ::operator delete(memory);
            }),
            1);
  const ConvolutionKernels& kernels = GetParam().kernels();
  for (ConvolutionGeometry g :
       {geometry({64, 7, 6}, 64, 3, 1, 1, false), geometry({64, 7, 6}, 64, 3, 1, 1, true),
        geometry({64, 5, 5}, 96, 3, 2, 2, false), geometry({40, 1, 1}, 33, 1, 1, 1, false)}) {
    for (const bool int8 : {false, true}) {
      g.int8 = int8 ? suits_int8(g) : Int8Passes{};
      SCOPED_TRACE(fmt::format("{} to {}{}{}", to_string(g.in), to_string(g.out), g.pool ? ", pool" : "",
                               int8 ? ", int8" : ""));
      const auto zeros = [](std::int64_t elements) {
        return std::vector<bf16>(static_cast<std::size_t>(elements));
      };
      const std::vector<bf16> x = zeros(g.in.block_elements());
      const std::vector<bf16> dy = zeros(g.written().block_elements());
      const std::vector<bf16> weights =
          zeros(std::max(forward_weight_elements(g), backward_weight_elements(g)));
      const std::vector<float> scales(
          static_cast<std::size_t>(g.in.padded_channels() + g.out.padded_channels()));
      std::vector<bf16> y = zeros(g.written().block_elements());
      std::vector<bf16> dx = zeros(g.in.block_elements());
      std::vector<std::uint8_t> argmax(y.size());
      std::vector<float> gradient(static_cast<std::size_t>(weight_gradient_elements(g)));
      bf16* const scratch = scratch_of(g);
      EXPECT_EQ(allocations_of([&] {
                  kernels.forward({.geometry = g,
                                   .images = 17,
                                   .x = x.data(),
                                   .weights = weights.data(),
                                   .y = y.data(),
                                   .argmax = g.pool ? argmax.data() : nullptr,
                                   .scratch = scratch,
                                   .weight_scales = scales.data()});
                }),
                0);
      EXPECT_EQ(allocations_of([&] {
                  kernels.backward_data({.geometry = g,
                                         .images = 17,
                                         .dy = dy.data(),
                                         .weights = weights.data(),
                                         .dx = dx.data(),
                                         .argmax = g.pool ? argmax.data() : nullptr,
                                         .scratch = scratch,
                                         .weight_scales = scales.data()});
                }),
                0);
      const GradientOperands block{x.data(), dy.data(), argmax.data()};
      EXPECT_EQ(allocations_of([&] {
                  kernels.backward_weights({.geometry = g,
                                            .blocks = &block,
                                            .block_count = 1,
                                            .scratch = scratch,
                                            .weight_gradient = gradient.data()});
                }),
                0);
    }
  }
}

FTL_FOR_EVERY_CONVOLUTION(ConvolutionMemoryTest);

}  // namespace
}  // namespace ftl::kernels

#endif
