// The three passes of a convolution as each ISA has them, and the sums over lanes after the last, one file
// each.
#pragma once

#include "kernels/convolution/convolution.hpp"

namespace ftl::kernels::FTL_ISA {

void convolution_forward(const ConvolutionForward& arguments);
void convolution_backward_data(const ConvolutionBackwardData& arguments);
void convolution_backward_weights(const ConvolutionBackwardWeights& arguments);
void reduce_weight_gradient(const WeightGradientReduction& arguments);

}  // namespace ftl::kernels::FTL_ISA
