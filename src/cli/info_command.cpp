// ftl info
#include <fmt/core.h>

#include <cmath>
#include <limits>
#include <string>

#include "base/processors.hpp"
#include "base/thread_pool.hpp"
#include "cli/commands.hpp"
#include "data/dataset.hpp"
#include "kernels/peak.hpp"
#include "kernels/registry.hpp"
#include "machine/instruction_set.hpp"
#include "machine/limits.hpp"

namespace ftl::cli {
namespace {

std::string threads_text() {
  const double quota = processor_quota();
  if (std::isinf(quota)) return fmt::format("{}", default_threads());
  return fmt::format("{} (this container may use {:g} processors' time)", default_threads(), quota);
}

std::string memory_text() {
  const std::int64_t bytes = available_memory();
  if (bytes == std::numeric_limits<std::int64_t>::max()) return "not known";
  return fmt::format("{:.1f} GB available", static_cast<double>(bytes) / 1e9);
}

void info() {
  const Isa chosen = select_isa();
  fmt::print("ftl {}\n", FTL_VERSION);
  fmt::print("{:<20}{}, {} processors\n", "CPU", cpu_model(), available_processors());
  fmt::print("{:<20}{}\n", "threads", threads_text());
  fmt::print("{:<20}{}\n", "memory", memory_text());
  for (const IsaStatus& candidate : isa_candidates()) {
    const std::string state = candidate.isa == chosen ? "in use"
                              : candidate.usable      ? "usable"
                                                      : candidate.reason;
    fmt::print("{:<20}{}\n", name(candidate.isa), state);
  }
  ThreadPool threads(default_threads());
  const double peak = kernels::measure_peak(kernels::kernels_for(chosen), threads);
  fmt::print("{:<20}{:.2f} TFLOP/s ({}, {} threads)\n", "measured peak", peak / 1e12, name(chosen),
             threads.threads());
  fmt::print("{:<20}not built\n", "CUDA");
  fmt::print("{:<20}{}\n", "cache folder", data::cache_folder().string());
}

}  // namespace

void add_info_command(Command program) {
  program.subcommand("info", "What this machine can do and what ftl will use").action(info);
}

}  // namespace ftl::cli
