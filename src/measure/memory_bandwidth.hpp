// What the caches and memory deliver to plain loops over vectors.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/thread_pool.hpp"
#include "kernels/stream/stream.hpp"

namespace ftl::measure {

struct MemoryLevel {
  std::string name;        // "L1", "L2", "memory"
  std::int64_t bytes = 0;  // that are worked on, all threads together
};

// Working sets that fit half of each thread's own caches, and one several times as large as any cache, as
// the operating system states their sizes.
std::vector<MemoryLevel> memory_levels(int threads);

// Bytes a second, all threads together, as the program counts them: a copy's are those read and those
// written; that a processor may read what it is about to overwrite is not counted.
struct Bandwidth {
  double read = 0;
  double write = 0;
  double copy = 0;
};

// The best of several runs, since other work on the machine can only slow one down; `seconds` for each of the
// three. Every thread works on its own part. Throws Interruption on Ctrl-C.
Bandwidth measure_bandwidth(const MemoryLevel& level, const kernels::StreamKernels& kernels,
                            ThreadPool& threads, double seconds);

}  // namespace ftl::measure
