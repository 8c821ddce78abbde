#include "kernels/registry.hpp"

#include "base/error.hpp"

namespace ftl::kernels {

#define FTL_KERNELS_OF(isa_name)                                                                \
  namespace isa_name {                                                                          \
  extern const ActivationKernels activation;                                                    \
  extern const BatchNormKernels batch_norm;                                                     \
  extern const ConvolutionKernels convolution;                                                  \
  extern const ElementwiseKernels elementwise;                                                  \
  extern const PatchesKernels patches;                                                          \
  extern const PoolKernels pool;                                                                \
  extern const StreamKernels stream;                                                            \
  extern const TileProductKernels tile_product;                                                 \
  static const Kernels kernels{Isa::isa_name, activation, batch_norm, convolution, elementwise, \
                               patches,       pool,       stream,     tile_product};            \
  }

FTL_KERNELS_OF(generic)
#ifdef FTL_HAS_AVX2
FTL_KERNELS_OF(avx2)
FTL_KERNELS_OF(avx512)
FTL_KERNELS_OF(avx512_bf16)
FTL_KERNELS_OF(amx)
#endif

const Kernels& kernels_for(Isa isa) {
  for (const IsaStatus& candidate : isa_candidates()) {
    if (candidate.isa == isa && !candidate.usable) {
      throw InputError("instruction set {}: {}", name(isa), candidate.reason);
    }
  }
  switch (isa) {
#ifdef FTL_HAS_AVX2
    case Isa::amx:
      return amx::kernels;
    case Isa::avx512_bf16:
      return avx512_bf16::kernels;
    case Isa::avx512:
      return avx512::kernels;
    case Isa::avx2:
      return avx2::kernels;
#endif
    default:
      return generic::kernels;
  }
}

}  // namespace ftl::kernels
