// Which implementation of each op runs: one table per ISA, chosen once.
#pragma once

#include "kernels/activation/activation.hpp"
#include "kernels/batch_norm/batch_norm.hpp"
#include "kernels/convolution/convolution.hpp"
#include "kernels/elementwise/elementwise.hpp"
#include "kernels/patches/patches.hpp"
#include "kernels/pool/pool.hpp"
#include "kernels/product/product.hpp"
#include "kernels/stream/stream.hpp"
#include "machine/instruction_set.hpp"

namespace ftl::kernels {

struct Kernels {
  Isa isa;
  const ActivationKernels& activation;
  const BatchNormKernels& batch_norm;
  const ConvolutionKernels& convolution;  // the faster of its choices
  const ElementwiseKernels& elementwise;
  const PatchesKernels& patches;
  const PoolKernels& pool;
  const StreamKernels& stream;
  const TileProductKernels& tile_product;
  const ConvolutionChoices& convolution_choices;
};

// The kernels of one ISA. Throws InputError when the machine cannot run it or the build lacks it.
const Kernels& kernels_for(Isa isa);

}  // namespace ftl::kernels
