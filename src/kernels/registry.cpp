#include "kernels/registry.hpp"

#include "base/error.hpp"

namespace ftl::kernels {

#define FTL_KERNELS_OF(isa_name)                                                                 \
  namespace isa_name {                                                                           \
  extern const ActivationKernels kActivation;                                                    \
  extern const BatchNormKernels kBatchNorm;                                                      \
  extern const ConvolutionChoices kConvolution;                                                  \
  extern const ElementwiseKernels kElementwise;                                                  \
  extern const PatchesKernels kPatches;                                                          \
  extern const PoolKernels kPool;                                                                \
  extern const StreamKernels kStream;                                                            \
  extern const TileProductKernels kTileProduct;                                                  \
  static const Kernels& kernels() {                                                              \
    static const Kernels all{                                                                    \
        Isa::isa_name, kActivation,                                                              \
        kBatchNorm,    kTileProduct.shared.faster ? kConvolution.shared : kConvolution.separate, \
        kElementwise,  kPatches,                                                                 \
        kPool,         kStream,                                                                  \
        kTileProduct,  kConvolution};                                                            \
    return all;                                                                                  \
  }                                                                                              \
  }

FTL_KERNELS_OF(generic)
#ifdef FTL_HAS_AVX2
FTL_KERNELS_OF(avx2)
FTL_KERNELS_OF(avx_vnni)
FTL_KERNELS_OF(avx512)
FTL_KERNELS_OF(avx512_vnni)
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
      return amx::kernels();
    case Isa::avx512_bf16:
      return avx512_bf16::kernels();
    case Isa::avx512_vnni:
      return avx512_vnni::kernels();
    case Isa::avx512:
      return avx512::kernels();
    case Isa::avx_vnni:
      return avx_vnni::kernels();
    case Isa::avx2:
      return avx2::kernels();
#endif
    default:
      return generic::kernels();
  }
}

}  // namespace ftl::kernels
