// What runs are made with, the same for all runs of an experiment.
#pragma once

#include <string>

#include "base/thread_pool.hpp"
#include "kernels/registry.hpp"
#include "machine/instruction_set.hpp"

namespace ftl::lab {

struct Machine {
  Isa isa = Isa::generic;
  const kernels::Kernels& kernels;
  ThreadPool& threads;
  std::string version{};   // of ftl
  double peak_tflops = 0;  // measured on it
};

}  // namespace ftl::lab
