// Plain passes over memory with the ISA's own vectors, to measure what caches and memory deliver.
#pragma once

#include <cstdint>

namespace ftl::kernels {

// One thread each; counts are multiples of 64.
struct StreamKernels {
  // The bitwise or of all numbers.
  std::uint32_t (*read)(const std::uint32_t* from, std::int64_t count);
  void (*write)(std::uint32_t* to, std::int64_t count, std::uint32_t value);
  // The two do not overlap.
  void (*copy)(const std::uint32_t* from, std::uint32_t* to, std::int64_t count);
};

}  // namespace ftl::kernels
