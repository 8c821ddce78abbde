// The machine's best rate of bf16 multiply-adds, to measure training against.
#pragma once

#include "base/thread_pool.hpp"
#include "kernels/registry.hpp"

namespace ftl::kernels {

// Measures floating-point operations per second, a multiply-add counted as 2, of products on registers alone,
// on all of the pool's threads at once.
class PeakProbe {
 public:
  // A look takes about `seconds`.
  PeakProbe(const Kernels& kernels, ThreadPool& threads, double seconds);

  // The rate of this moment. Other work on the machine, or on the other half of a core, slows it down.
  double look() const;

 private:
  double seconds_of(long repetitions) const;

  const Kernels& kernels_;
  ThreadPool& threads_;
  long repetitions_ = 64;
};

// The best of a few short looks, about a tenth of a second in all.
double measure_peak(const Kernels& kernels, ThreadPool& threads);

}  // namespace ftl::kernels
