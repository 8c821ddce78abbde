#include "kernels/peak.hpp"

#include <algorithm>
#include <chrono>

namespace ftl::kernels {

PeakProbe::PeakProbe(const Kernels& kernels, ThreadPool& threads, double seconds)
    : kernels_(kernels), threads_(threads) {
  // The best of some, for a thread that is late would end the search too early.
  const auto best_seconds = [this] {
    double best = seconds_of(repetitions_);
    for (int i = 0; i < 4; ++i) best = std::min(best, seconds_of(repetitions_));
    return best;
  };
  double taken = best_seconds();
  while (taken < seconds / 4) {
    repetitions_ *= 4;
    taken = best_seconds();
  }
  repetitions_ = std::max(1L, static_cast<long>(static_cast<double>(repetitions_) * seconds / taken));
}

double PeakProbe::look() const {
  constexpr double kFlopOfProduct = 2.0 * kTileRows * kTileColumns * kTileDepth;
  const double flop = kFlopOfProduct * static_cast<double>(repetitions_) * threads_.threads();
  return flop / seconds_of(repetitions_);
}

double PeakProbe::seconds_of(long repetitions) const {
  const auto start = std::chrono::steady_clock::now();
  threads_.parallel_for(threads_.threads(),
                        [&](std::int64_t, int) { kernels_.tile_product.burn(repetitions); });
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double measure_peak(const Kernels& kernels, ThreadPool& threads) {
  constexpr int kLooks = 5;
  const PeakProbe probe(kernels, threads, 0.015);
  double best = 0;
  for (int i = 0; i < kLooks; ++i) best = std::max(best, probe.look());
  return best;
}

}  // namespace ftl::kernels
