// The three passes of a convolution as each ISA has them, and the sums over gradient slots after the last,
// one file each.
#pragma once

#include "kernels/convolution/convolution.hpp"

namespace ftl::kernels::FTL_ISA {

// Which products a pass is made of, where its geometry leaves the choice.
enum class ProductChoice : std::uint8_t { separate, shared };

void convolution_forward(const ConvolutionForward& arguments, ProductChoice choice);
void convolution_backward_data(const ConvolutionBackwardData& arguments, ProductChoice choice);
void convolution_backward_weights(const ConvolutionBackwardWeights& arguments, ProductChoice choice);
void reduce_weight_gradient(const WeightGradientReduction& arguments);

}  // namespace ftl::kernels::FTL_ISA
