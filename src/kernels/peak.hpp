// The machine's best rate of bf16 multiply-adds, to measure training against.
#pragma once

#include "base/thread_pool.hpp"
#include "kernels/registry.hpp"
#include "tensor/buffer.hpp"

namespace ftl::kernels {

// What products multiply.
enum class PeakOperands {
  registers,  // what is there already: what the processor can do at best
  cache,      // random numbers, loaded from the first-level cache as a matrix product loads them: loads and
              // numbers other than 0 draw power, and where that is short the clock falls
};

// Measures floating-point operations per second of products, a multiply-add counted as 2, on all of the
// pool's threads at once.
class PeakProbe {
 public:
  // A look takes about `seconds`.
  PeakProbe(const Kernels& kernels, ThreadPool& threads, double seconds,
            PeakOperands operands = PeakOperands::registers);

  // The rate of this moment. Other work on the machine, or on the other half of a core, slows it down.
  double look() const;

 private:
  double seconds_of(long repetitions) const;
  void multiply_from_cache(long repetitions) const;

  const Kernels& kernels_;
  ThreadPool& threads_;
  PeakOperands operands_;
  Buffer numbers_;         // where operands are loaded
  long repetitions_ = 16;  // of kProductsTogether
};

// The best of a few short looks, about a tenth of a second in all.
double measure_peak(const Kernels& kernels, ThreadPool& threads,
                    PeakOperands operands = PeakOperands::registers);

}  // namespace ftl::kernels
