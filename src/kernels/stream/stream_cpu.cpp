#include "kernels/simd.hpp"
#include "kernels/stream/stream.hpp"

namespace ftl::kernels::FTL_ISA {
namespace {

constexpr int kUnroll = 4;
constexpr int kStep = kUnroll * kLanes;

inline vuint load_bits(const std::uint32_t* from) {
  vuint value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

inline void store_bits(std::uint32_t* to, vuint value) {
  std::memcpy(to, &value, sizeof(value));
}

// Keeps the compiler from making a loop a call of the library's memset or memcpy.
inline void keep_loop() {
  __asm__ volatile("" ::: "memory");
}

std::uint32_t read(const std::uint32_t* from, std::int64_t count) {
  vuint seen[kUnroll] = {};
  for (std::int64_t i = 0; i < count; i += kStep) {
    for (int u = 0; u < kUnroll; ++u) seen[u] |= load_bits(from + i + u * kLanes);
  }
  std::uint32_t all = 0;
  for (const vuint& part : seen) {
    for (int lane = 0; lane < kLanes; ++lane) all |= part[lane];
  }
  return all;
}

void write(std::uint32_t* to, std::int64_t count, std::uint32_t value) {
  const vuint values = vuint{} + value;
  for (std::int64_t i = 0; i < count; i += kStep) {
    for (int u = 0; u < kUnroll; ++u) store_bits(to + i + u * kLanes, values);
    keep_loop();
  }
}

void copy(const std::uint32_t* from, std::uint32_t* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; i += kStep) {
    for (int u = 0; u < kUnroll; ++u) store_bits(to + i + u * kLanes, load_bits(from + i + u * kLanes));
    keep_loop();
  }
}

}  // namespace

extern const StreamKernels kStream;
const StreamKernels kStream{read, write, copy};

}  // namespace ftl::kernels::FTL_ISA
