#include "kernels/peak.hpp"

#include <algorithm>
#include <chrono>

namespace ftl::kernels {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

double measure_peak(const Kernels& kernels, ThreadPool& threads) {
  constexpr double kFlopOfProduct = 2.0 * kTileRows * kTileColumns * kTileDepth;
  constexpr double kSecondsOfRun = 0.015;
  constexpr int kRuns = 5;
  const auto run = [&](long repetitions) {
    const auto start = std::chrono::steady_clock::now();
    threads.parallel_for(threads.threads(),
                         [&](std::int64_t, int) { kernels.tile_product.burn(repetitions); });
    return seconds_since(start);
  };
  long repetitions = 64;
  double seconds = run(repetitions);
  while (seconds < kSecondsOfRun / 4) {
    repetitions *= 4;
    seconds = run(repetitions);
  }
  repetitions = std::max(1L, static_cast<long>(static_cast<double>(repetitions) * kSecondsOfRun / seconds));
  double best = 0;
  for (int i = 0; i < kRuns; ++i) {
    const double flop = kFlopOfProduct * static_cast<double>(repetitions) * threads.threads();
    best = std::max(best, flop / run(repetitions));
  }
  return best;
}

}  // namespace ftl::kernels
