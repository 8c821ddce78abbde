// Element-wise work and sums in chunks of a fixed size, so that results do not depend on the number of
// threads.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <vector>

#include "base/thread_pool.hpp"

namespace ftl::optim {

inline constexpr std::int64_t kChunkElements = 16384;

// Calls body(begin, end) for consecutive ranges of [0, elements), in parallel.
template <class Body>
void for_chunks(ThreadPool& threads, std::int64_t elements, const Body& body) {
  const std::int64_t chunks = (elements + kChunkElements - 1) / kChunkElements;
  threads.parallel_for(chunks, [&](std::int64_t chunk, int) {
    const std::int64_t begin = chunk * kChunkElements;
    body(begin, std::min(begin + kChunkElements, elements));
  });
}

// In fp32 as far as its rounding does not show, and beyond that in double. Of values up to 1e18.
inline double sum_of_squares(const float* values, std::int64_t count) {
  constexpr int kSums = 16;  // independent, so that they fit vector registers and do not wait for each other
  constexpr std::int64_t kRun = 64 * kSums;
  double total = 0;
  for (std::int64_t begin = 0; begin < count; begin += kRun) {
    const std::int64_t end = std::min(begin + kRun, count);
    std::array<float, kSums> sums{};
    std::int64_t index = begin;
    for (; index + kSums <= end; index += kSums) {
      for (int sum = 0; sum < kSums; ++sum) {
        const float value = values[index + sum];
        sums[static_cast<std::size_t>(sum)] += value * value;
      }
    }
    for (; index < end; ++index) sums[0] += values[index] * values[index];
    total = std::accumulate(sums.begin(), sums.end(), total);
  }
  return total;
}

inline double sum_of_squares(ThreadPool& threads, const float* values, std::int64_t count) {
  std::vector<double> sums(static_cast<std::size_t>((count + kChunkElements - 1) / kChunkElements));
  for_chunks(threads, count, [&](std::int64_t begin, std::int64_t end) {
    sums[static_cast<std::size_t>(begin / kChunkElements)] = sum_of_squares(values + begin, end - begin);
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

}  // namespace ftl::optim
