#include "kernels/peak.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <random>

namespace ftl::kernels {
namespace {

// As many as a convolution of 256 channels adds up to one tile.
constexpr int kProductsTogether = 72;
// 32 KB of rows and columns.
constexpr int kOperandPairs = 8;

}  // namespace

PeakProbe::PeakProbe(const Kernels& kernels, ThreadPool& threads, double seconds, PeakOperands operands)
    : kernels_(kernels), threads_(threads), operands_(operands) {
  if (operands == PeakOperands::cache) {
    numbers_ = Buffer(std::int64_t{2} * kOperandPairs * kOperand * std::int64_t{sizeof(bf16)});
    std::minstd_rand random;
    std::normal_distribution<float> normal;
    for (bf16& number : numbers_.span<bf16>()) number = to_bf16(normal(random));
  }
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
  const double flop =
      kFlopOfProduct * kProductsTogether * static_cast<double>(repetitions_) * threads_.threads();
  return flop / seconds_of(repetitions_);
}

double PeakProbe::seconds_of(long repetitions) const {
  const auto start = std::chrono::steady_clock::now();
  threads_.parallel_for(threads_.threads(), [&](std::int64_t, int) {
    if (operands_ == PeakOperands::cache) {
      multiply_from_cache(repetitions);
    } else {
      kernels_.tile_product.burn(repetitions * kProductsTogether);
    }
  });
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void PeakProbe::multiply_from_cache(long repetitions) const {
  std::array<TileTerm, kProductsTogether> terms;
  for (int term = 0; term < kProductsTogether; ++term) {
    const int pair = term % kOperandPairs;
    terms[static_cast<std::size_t>(term)] = {2 * pair * kOperand, (2 * pair + 1) * kOperand};
  }
  alignas(64) std::array<float, kTileRows * kTileColumns> result;
  const auto* numbers = numbers_.as<bf16>();
  kernels_.tile_product.begin();
  for (long i = 0; i < repetitions; ++i) {
    kernels_.tile_product.multiply({terms.data(), kProductsTogether, numbers, numbers}, kTileRows, false,
                                   result.data());
  }
  kernels_.tile_product.end();
}

double measure_peak(const Kernels& kernels, ThreadPool& threads, PeakOperands operands) {
  constexpr int kLooks = 5;
  const PeakProbe probe(kernels, threads, 0.015, operands);
  double best = 0;
  for (int i = 0; i < kLooks; ++i) best = std::max(best, probe.look());
  return best;
}

}  // namespace ftl::kernels
