// Every kind of node, a line each. Each engine has a part for each of them, or does not link.
#pragma once

#define FTL_FOR_EVERY_OP(APPLY) \
  APPLY(ActivationOp)           \
  APPLY(AddOp)                  \
  APPLY(BatchNormOp)            \
  APPLY(ConcatOp)               \
  APPLY(ConvolutionOp)          \
  APPLY(MultiplyOp)             \
  APPLY(PatchesOp)              \
  APPLY(PicturesOp)             \
  APPLY(PoolOp)

namespace ftl::graph {

#define FTL_DECLARE_OP(NAME) class NAME;
FTL_FOR_EVERY_OP(FTL_DECLARE_OP)
#undef FTL_DECLARE_OP

}  // namespace ftl::graph
