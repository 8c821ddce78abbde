// Convolutions of oneDNN, the peer that ours are measured against. Optional: a build without it knows none.
#pragma once

#include <functional>
#include <string>

#include "kernels/convolution/convolution.hpp"
#include "machine/instruction_set.hpp"
#include "measure/convolution_pass.hpp"

namespace ftl::measure {

// "2.6.3"; empty when it is not built in.
std::string onednn_version();

// Holds oneDNN to the instructions of `isa` and to so many threads. Before its first convolution, once a
// process.
void configure_onednn(Isa isa, int threads);

// What it computes in: bf16 where `isa` multiplies bf16, else fp32, which it prefers there.
std::string onednn_precision(Isa isa);

struct OnednnProblem {
  kernels::ConvolutionGeometry geometry{};  // its pool is not computed
  Direction direction = Direction::forward;
  int images = 0;
  Isa isa = Isa::generic;
};

// Runs the convolution once on its own tensors, in the layouts that oneDNN likes best, weight gradients in
// fp32. Empty when oneDNN is not built in or does not offer this one.
std::function<void()> onednn_convolution(const OnednnProblem& problem);

// Ends its threads, which would otherwise wait awake for more work and keep a processor from others.
void rest_onednn();

}  // namespace ftl::measure
