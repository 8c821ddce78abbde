#include "measure/memory_bandwidth.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>

#include "base/interrupt.hpp"
#include "tensor/buffer.hpp"

namespace ftl::measure {
namespace {

// Counts of numbers are multiples of what a kernel does at a time, for each half of a part.
constexpr std::int64_t kGranularity = 2 * 64 * 4;

// What sysconf says, or `otherwise` where it does not know.
std::int64_t cache_bytes(int name, std::int64_t otherwise) {
  const long bytes = sysconf(name);
  return bytes > 0 ? bytes : otherwise;
}

// One pass over a thread's part, and how many bytes it reads and writes.
struct Pass {
  std::function<void(std::uint32_t* part, std::int64_t count)> run;
  std::int64_t bytes = 0;
};

class Measurement {
 public:
  Measurement(const MemoryLevel& level, ThreadPool& threads)
      : threads_(threads), bytes_(level.bytes / threads.threads() / kGranularity * kGranularity) {
    for (int i = 0; i < threads.threads(); ++i) parts_.emplace_back(bytes_);
  }

  std::int64_t bytes() const { return bytes_; }

  double best_rate(const Pass& pass, double seconds) {
    constexpr int kRuns = 5;
    long repetitions = 1;
    double taken = run(pass, repetitions);
    while (taken < seconds / kRuns / 4) {
      repetitions *= 4;
      taken = run(pass, repetitions);
    }
    repetitions = std::max(1L, static_cast<long>(static_cast<double>(repetitions) * seconds / kRuns / taken));
    double best = 0;
    for (int i = 0; i < kRuns; ++i) {
      const double bytes = static_cast<double>(pass.bytes * repetitions) * threads_.threads();
      best = std::max(best, bytes / run(pass, repetitions));
    }
    return best;
  }

 private:
  double run(const Pass& pass, long repetitions) {
    throw_if_interrupted();
    const auto start = std::chrono::steady_clock::now();
    threads_.parallel_for(threads_.threads(), [&](std::int64_t part, int) {
      auto* numbers = parts_[static_cast<std::size_t>(part)].as<std::uint32_t>();
      for (long i = 0; i < repetitions; ++i) pass.run(numbers, bytes_ / 4);
    });
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  ThreadPool& threads_;
  std::int64_t bytes_;  // of a part
  std::vector<Buffer> parts_;
};

}  // namespace

std::vector<MemoryLevel> memory_levels(int threads) {
  constexpr std::int64_t kKiB = 1 << 10;
  constexpr std::int64_t kMiB = 1 << 20;
  const std::int64_t first = cache_bytes(_SC_LEVEL1_DCACHE_SIZE, 32 * kKiB);
  const std::int64_t second = cache_bytes(_SC_LEVEL2_CACHE_SIZE, 256 * kKiB);
  const std::int64_t third = cache_bytes(_SC_LEVEL3_CACHE_SIZE, 32 * kMiB);
  return {{"L1", first / 2 * threads},
          {"L2", second / 2 * threads},
          {"memory", std::clamp(4 * third, 256 * kMiB, 1024 * kMiB)}};
}

Bandwidth measure_bandwidth(const MemoryLevel& level, const kernels::StreamKernels& kernels,
                            ThreadPool& threads, double seconds) {
  Measurement measurement(level, threads);
  // Writing first: memory that was never written is one page of zeros that all addresses share.
  const double write = measurement.best_rate(
      {.run = [&](std::uint32_t* part, std::int64_t count) { kernels.write(part, count, 1); },
       .bytes = measurement.bytes()},
      seconds);
  std::atomic<std::uint32_t> seen{0};  // so that nobody thinks the reading needless
  const double read = measurement.best_rate(
      {.run = [&](std::uint32_t* part, std::int64_t count) { seen |= kernels.read(part, count); },
       .bytes = measurement.bytes()},
      seconds);
  // One half is read, the other written.
  const double copy = measurement.best_rate(
      {.run = [&](std::uint32_t* part,
                  std::int64_t count) { kernels.copy(part, part + count / 2, count / 2); },
       .bytes = measurement.bytes()},
      seconds);
  return {read, write, copy};
}

}  // namespace ftl::measure
