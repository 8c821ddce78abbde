// What the files of each ISA's batch norm share. For *_cpu.cpp files only.
#pragma once

#include "kernels/batch_norm/batch_norm.hpp"

namespace ftl::kernels::FTL_ISA {

float batch_norm_forward_rounded(const BatchNormForwardRounded& arguments);

namespace {

// What a loop over rows of channels reads 4 KB later, where it comes from memory: hardware prefetches no
// further than to the end of a page. Always inlined: GCC may take it for a function without effect.
[[gnu::always_inline]] inline void prefetch_ahead(const bf16* row) {
  __builtin_prefetch(row + 2048);
}

}  // namespace
}  // namespace ftl::kernels::FTL_ISA
