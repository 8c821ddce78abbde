#include "machine/instruction_set.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "base/error.hpp"

namespace ftl {
namespace {

struct Features {
  bool avx2 = false;
  bool avx_vnni = false;
  bool avx512 = false;
  bool avx512_vnni = false;
  bool avx512_bf16 = false;
  bool amx = false;
};

#if defined(__x86_64__)

struct CpuidLeaf {
  std::uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
  CpuidLeaf(std::uint32_t leaf, std::uint32_t subleaf) {
    __get_cpuid_count(leaf, subleaf, &eax, &ebx, &ecx, &edx);
  }
};

bool bit(std::uint32_t value, int index) {
  return ((value >> index) & 1u) != 0;
}

// Which register states the operating system saves; an instruction set whose state it does not save is
// unusable whatever CPUID says.
std::uint64_t saved_states() {
  std::uint32_t low = 0;
  std::uint32_t high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (std::uint64_t{high} << 32) | low;
}

bool tiles_permitted() {
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

Features detect() {
  Features features;
  const CpuidLeaf basic(1, 0);
  if (!bit(basic.ecx, 27)) return features;  // OSXSAVE
  const std::uint64_t states = saved_states();
  const bool saves_ymm = (states & 0x6) == 0x6;
  const bool saves_zmm = (states & 0xe6) == 0xe6;
  const bool saves_tiles = (states & 0x60000) == 0x60000;
  const CpuidLeaf extended(7, 0);
  const CpuidLeaf extended1(7, 1);
  features.avx2 = saves_ymm && bit(basic.ecx, 12) && bit(extended.ebx, 5);  // FMA, AVX2
  features.avx_vnni = features.avx2 && bit(extended1.eax, 4);
  features.avx512 = features.avx2 && saves_zmm && bit(extended.ebx, 16) && bit(extended.ebx, 17) &&
                    bit(extended.ebx, 30) && bit(extended.ebx, 31);  // F, DQ, BW, VL
  features.avx512_vnni = features.avx512 && bit(extended.ecx, 11);
  features.avx512_bf16 = features.avx512_vnni && bit(extended1.eax, 5);
  features.amx = features.avx512_bf16 && saves_tiles && bit(extended.edx, 22) && bit(extended.edx, 24) &&
                 bit(extended.edx, 25) && tiles_permitted();  // AMX-BF16, AMX-TILE, AMX-INT8
  return features;
}

#else

Features detect() {
  return {};
}

#endif

IsaStatus status(Isa isa, bool built, bool supported) {
  if (!built) return {isa, false, "not built for this architecture"};
  if (!supported) return {isa, false, "this CPU or its operating system does not offer it"};
  return {isa, true, ""};
}

}  // namespace

std::string_view name(Isa isa) {
  switch (isa) {
    case Isa::generic:
      return "generic";
    case Isa::avx2:
      return "avx2";
    case Isa::avx_vnni:
      return "avx_vnni";
    case Isa::avx512:
      return "avx512";
    case Isa::avx512_vnni:
      return "avx512_vnni";
    case Isa::avx512_bf16:
      return "avx512_bf16";
    case Isa::amx:
      return "amx";
  }
  return "unknown";
}

const std::vector<IsaStatus>& isa_candidates() {
  static const std::vector<IsaStatus> candidates = [] {
#if defined(__x86_64__)
    constexpr bool kBuilt = true;
#else
    constexpr bool kBuilt = false;
#endif
    const Features features = detect();
    return std::vector<IsaStatus>{status(Isa::amx, kBuilt, features.amx),
                                  status(Isa::avx512_bf16, kBuilt, features.avx512_bf16),
                                  status(Isa::avx512_vnni, kBuilt, features.avx512_vnni),
                                  status(Isa::avx512, kBuilt, features.avx512),
                                  status(Isa::avx_vnni, kBuilt, features.avx_vnni),
                                  status(Isa::avx2, kBuilt, features.avx2),
                                  status(Isa::generic, true, true)};
  }();
  return candidates;
}

Isa select_isa() {
  const char* const variable = std::getenv("FTL_ISA");
  const std::string forced = variable == nullptr ? "" : variable;
  std::string usable;
  std::string refusal = "unknown instruction set";
  for (const IsaStatus& candidate : isa_candidates()) {
    const bool chosen = forced.empty() || name(candidate.isa) == forced;
    if (chosen && candidate.usable) return candidate.isa;
    if (name(candidate.isa) == forced) refusal = candidate.reason;
    if (candidate.usable) usable += (usable.empty() ? "" : ", ") + std::string(name(candidate.isa));
  }
  throw InputError("FTL_ISA={}: {}; this machine can use {}", forced, refusal, usable);
}

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("model name", 0) == 0) {
      const auto colon = line.find(':');
      if (colon != std::string::npos && colon + 2 <= line.size()) return line.substr(colon + 2);
    }
  }
  return "unknown CPU";
}

}  // namespace ftl
