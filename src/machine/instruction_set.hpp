// The instruction sets that kernels are built for, and which of them this machine can run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ftl {

// From the plainest to the fastest. Each computes with bf16 storage and fp32 accumulation.
enum class Isa { generic, avx2, avx_vnni, avx512, avx512_vnni, avx512_bf16, amx };

std::string_view name(Isa isa);

struct IsaStatus {
  Isa isa;
  bool usable;
  std::string reason;  // why not, when not usable: not built, the CPU or the operating system lacks it
};

// All instruction sets, fastest first: the order in which select_isa() tries them. On Linux this also asks
// the kernel for permission to use AMX tiles (arch_prctl ARCH_REQ_XCOMP_PERM), once.
const std::vector<IsaStatus>& isa_candidates();

// The one that FTL_ISA names in the environment, else the fastest usable one. Throws InputError when FTL_ISA
// names an unknown or unusable one.
Isa select_isa();

// As the operating system calls it, e.g. "Intel(R) Xeon(R) Processor".
std::string cpu_model();

}  // namespace ftl
