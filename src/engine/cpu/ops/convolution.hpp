// A convolution's passes.
#pragma once

#include "engine/cpu/pass.hpp"

namespace ftl::engine {

// Input -> output, winners of the pool, and integers of the input where it multiplies those and the input is
// not those already.
extern const Pass kConvolutionPass;
// Input or the integers made of it, gradient, winners -> the lane's sums. Without input only the bias's.
extern const Pass kConvolutionWeightsPass;
// Gradient, winners -> output: the input's gradient.
extern const Pass kConvolutionDataPass;

// Whether a step is one of them that multiplies 8-bit integers.
bool multiplies_int8(const graph::Graph& graph, const Plan& plan, const Step& step);

}  // namespace ftl::engine
