// The machine's best rate of bf16 multiply-adds, to measure training against.
#pragma once

#include "base/thread_pool.hpp"
#include "kernels/registry.hpp"

namespace ftl::kernels {

// Floating-point operations per second, a multiply-add counted as 2, of products on registers alone, on all
// of the pool's threads at once. Takes about a tenth of a second: the best of a few short runs, since other
// work on the machine can only slow one down.
double measure_peak(const Kernels& kernels, ThreadPool& threads);

}  // namespace ftl::kernels
